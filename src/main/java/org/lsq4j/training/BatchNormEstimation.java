package org.lsq4j.training;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.layer.impl.BatchStatisticsObserver;
import org.lsq4j.layer.impl.FastBatchNormalizationLayer;
import org.lsq4j.network.FastNetwork;
import org.lsq4j.network.Networks;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/**
 * Finds the running statistics of all batch norms anew: the mean and population variance of the
 * values that reach each over a number of batches, as if these were one set.
 *
 * <p>In training they are a moving average of what batches had while weights and steps still
 * changed. At few bits a weight near the border between two codes changes its channel's output at
 * once, and the average lags behind (Nagel et al. 2022, section 4.2). The result does not depend on
 * the decay of the average, nor on the statistics before.
 *
 * <p>The network computes the batches in inference, without dropout and noise, but with every batch
 * norm normalizing by the batch it sees, as in training. Parameters other than the statistics stay
 * as they are; frozen batch norms keep theirs.
 */
public final class BatchNormEstimation implements TrainingExtension {

  private final ImageBatches data;
  private final int count;
  private TrainingRun run;

  /** Statistics of the values so far; batches are joined as in Chan et al. 1979. */
  private static final class Statistics implements BatchStatisticsObserver {
    private double[] mean;
    private double[] squares;
    private double count;

    @Override
    public void observe(INDArray batchMean, INDArray batchVariance, long values) {
      if (mean == null) {
        mean = new double[Math.toIntExact(batchMean.length())];
        squares = new double[mean.length];
      }
      double total = count + values;
      for (int c = 0; c < mean.length; c++) {
        double difference = batchMean.getDouble(c) - mean[c];
        mean[c] += difference * values / total;
        squares[c] +=
            values * batchVariance.getDouble(c) + difference * difference * count * values / total;
      }
      count = total;
    }

    void writeTo(FastBatchNormalizationLayer norm) {
      double[] variance = new double[squares.length];
      for (int c = 0; c < variance.length; c++) {
        variance[c] = squares[c] / count;
      }
      norm.setRunningStatistics(mean, variance);
    }
  }

  private record Observed(FastBatchNormalizationLayer norm, Statistics statistics) {}

  /**
   * Estimation before every evaluation of a training. Its statistics are in the files, too, and the
   * training goes on with them.
   *
   * @param data batches like those of the training, with its augmentation, but not the same object
   * @param count number of batches to use at most, at least 1
   */
  public BatchNormEstimation(ImageBatches data, int count) {
    if (count < 1) {
      throw new IllegalArgumentException("batchNormBatches: must be 1 or more, got " + count);
    }
    this.data = data;
    this.count = count;
  }

  @Override
  public String name() {
    return "batch-norm-estimation";
  }

  @Override
  public void start(TrainingRun newRun) {
    run = newRun;
  }

  @Override
  public void beforeEvaluation(int epoch) {
    // Which images an epoch takes must not depend on what was read before it.
    data.startEpoch(epoch - 1);
    run(run.network(), data, count);
  }

  /**
   * Replaces the statistics of all batch norms.
   *
   * @param network float or quantized and calibrated
   * @param batches data to compute, from the first: in size and augmentation like those of the
   *     training, as the weights belong to what these showed
   * @param count number of batches to use at most
   * @throws IllegalArgumentException if there is no batch
   */
  public static void run(NeuralNetwork network, DataSetIterator batches, int count) {
    NeuralNetwork fast = FastNetwork.of(network);
    List<Observed> norms = new ArrayList<>();
    for (Layer layer : Networks.layers(fast)) {
      if (layer instanceof FastBatchNormalizationLayer norm) {
        norms.add(new Observed(norm, new Statistics()));
      }
    }
    if (norms.isEmpty()) {
      return;
    }
    try {
      norms.forEach(each -> each.norm.setStatisticsObserver(each.statistics));
      compute(fast, batches, count);
    } finally {
      norms.forEach(each -> each.norm.setStatisticsObserver(BatchStatisticsObserver.NONE));
    }
    norms.forEach(each -> each.statistics.writeTo(each.norm));
    if (fast != network) {
      copyStatistics(fast, network);
    }
  }

  private static void compute(NeuralNetwork network, DataSetIterator batches, int count) {
    batches.reset();
    int done = 0;
    while (done < count && batches.hasNext()) {
      Networks.output(network, batches.next().getFeatures());
      done++;
    }
    if (done == 0) {
      throw new IllegalArgumentException(
          "Estimating batch norm statistics needs at least one batch of data, got none");
    }
  }

  /** DL4J's own layers show no statistics; those of the network that computes faster are theirs. */
  private static void copyStatistics(NeuralNetwork from, NeuralNetwork to) {
    List<Layer> sources = Networks.layers(from);
    List<Layer> targets = Networks.layers(to);
    for (int i = 0; i < sources.size(); i++) {
      if (targets.get(i).conf().getLayer() instanceof BatchNormalization) {
        for (Map.Entry<String, INDArray> parameter : sources.get(i).paramTable().entrySet()) {
          targets.get(i).setParam(parameter.getKey(), parameter.getValue());
        }
      }
    }
  }
}
