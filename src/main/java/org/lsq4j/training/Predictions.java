package org.lsq4j.training;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.network.Networks;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/**
 * What a classifier answers to a data set, as logits: for a softmax output the logarithms of the
 * probabilities, which are the logits up to a constant of each example, so the mean over the
 * classes is taken off. For any other output the values themselves, likewise centred.
 */
final class Predictions {

  private static final double PROBABILITY_TOLERANCE = 1e-3;

  private final List<double[]> logits = new ArrayList<>();
  private final List<Integer> labels = new ArrayList<>();

  private Predictions() {}

  /**
   * Computes a whole data set, from its first batch.
   *
   * @param batches features and one-hot labels [N, classes], at least one example
   */
  static Predictions of(NeuralNetwork network, DataSetIterator batches) {
    Predictions predictions = new Predictions();
    batches.reset();
    while (batches.hasNext()) {
      DataSet batch = batches.next();
      predictions.add(Networks.output(network, batch.getFeatures()), batch.getLabels().argMax(1));
    }
    if (predictions.labels.isEmpty()) {
      throw new IllegalArgumentException("Predictions need at least one example, there is none");
    }
    return predictions;
  }

  private void add(INDArray outputs, INDArray classes) {
    for (int i = 0; i < outputs.size(0); i++) {
      logits.add(centred(outputs.getRow(i).toDoubleVector()));
      labels.add(classes.getInt(i));
    }
  }

  private static double[] centred(double[] outputs) {
    double[] values = isDistribution(outputs) ? logarithms(outputs) : outputs;
    double mean = 0;
    for (double value : values) {
      mean += value / values.length;
    }
    for (int i = 0; i < values.length; i++) {
      values[i] -= mean;
    }
    return values;
  }

  private static boolean isDistribution(double[] outputs) {
    double sum = 0;
    for (double value : outputs) {
      if (value < 0) {
        return false;
      }
      sum += value;
    }
    return Math.abs(sum - 1) < PROBABILITY_TOLERANCE;
  }

  /** A probability too small for a float counts as the smallest one. */
  private static double[] logarithms(double[] probabilities) {
    double[] logarithms = new double[probabilities.length];
    for (int i = 0; i < logarithms.length; i++) {
      logarithms[i] = Math.log(Math.max(probabilities[i], Float.MIN_NORMAL));
    }
    return logarithms;
  }

  /** Accuracy and mean cross-entropy. */
  PredictionScore score() {
    double correct = 0;
    double loss = 0;
    for (int i = 0; i < labels.size(); i++) {
      double[] values = logits.get(i);
      int label = labels.get(i);
      int best = 0;
      for (int k = 1; k < values.length; k++) {
        best = values[k] > values[best] ? k : best;
      }
      correct += best == label ? 1 : 0;
      loss += logSumExp(values, values[best]) - values[label];
    }
    return new PredictionScore(correct / labels.size(), loss / labels.size());
  }

  private static double logSumExp(double[] values, double largest) {
    double sum = 0;
    for (double value : values) {
      sum += Math.exp(value - largest);
    }
    return largest + Math.log(sum);
  }

  /**
   * Root mean square of the difference to other logits for the same examples, relative to that of
   * the others: 0 for the same, about 1 if nothing is left of them.
   */
  double errorAgainst(Predictions reference) {
    double error = 0;
    double size = 0;
    for (int i = 0; i < logits.size(); i++) {
      double[] values = logits.get(i);
      double[] expected = reference.logits.get(i);
      for (int k = 0; k < values.length; k++) {
        error += (values[k] - expected[k]) * (values[k] - expected[k]);
        size += expected[k] * expected[k];
      }
    }
    return size == 0 ? 0 : Math.sqrt(error / size);
  }
}
