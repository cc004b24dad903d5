package org.lsq4j.training;

import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.network.Networks;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/** Top-1 accuracy of a classifier. */
public final class Accuracy {

  private Accuracy() {}

  /**
   * Share of correct predictions, 0 to 1, over all batches from the first.
   *
   * @param batches features and one-hot labels [N, classes]
   */
  public static double of(NeuralNetwork network, DataSetIterator batches) {
    batches.reset();
    long correct = 0;
    long total = 0;
    while (batches.hasNext()) {
      DataSet batch = batches.next();
      INDArray predicted = Networks.output(network, batch.getFeatures()).argMax(1);
      INDArray actual = batch.getLabels().argMax(1);
      correct +=
          predicted
              .eq(actual)
              .castTo(org.nd4j.linalg.api.buffer.DataType.LONG)
              .sumNumber()
              .longValue();
      total += actual.length();
    }
    if (total == 0) {
      throw new IllegalArgumentException("Accuracy needs at least one example, the data has none");
    }
    return (double) correct / total;
  }
}
