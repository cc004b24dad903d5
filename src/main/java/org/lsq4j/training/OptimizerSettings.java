package org.lsq4j.training;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.lsq4j.layer.LayerQuantization;
import org.lsq4j.layer.QuantizedLayerConfiguration;
import org.lsq4j.network.Networks;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.linalg.learning.regularization.WeightDecay;
import org.nd4j.linalg.schedule.ISchedule;

/**
 * How parameters are updated.
 *
 * @param kind the updater
 * @param learningRate of weights
 * @param stepRate learning rate of step sizes and offsets as a multiple of the weights'; 1 is LSQ's
 *     choice; layers may have their own
 * @param momentum of SGD, 0 to 1
 * @param weightDecay coefficient on weights; empty for LSQ's choice by bit width: 1e-4 for float
 *     and 4 bits or more, 0.5e-4 for 3, 0.25e-4 for 2
 */
public record OptimizerSettings(
    OptimizerKind kind,
    LearningRate learningRate,
    double stepRate,
    double momentum,
    OptionalDouble weightDecay) {

  private static final double DECAY = 1e-4;

  /** Checks the ranges. */
  public OptimizerSettings {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(learningRate, "learningRate");
    Objects.requireNonNull(weightDecay, "weightDecay");
    if (!(stepRate >= 0)) {
      throw new IllegalArgumentException("stepRate: must be 0 or more, got " + stepRate);
    }
    if (!(momentum >= 0 && momentum < 1)) {
      throw new IllegalArgumentException(
          "momentum: must be 0 or more and below 1, got " + momentum);
    }
    if (weightDecay.isPresent() && !(weightDecay.getAsDouble() >= 0)) {
      throw new IllegalArgumentException(
          "weightDecay: must be 0 or more, got " + weightDecay.getAsDouble());
    }
  }

  /** SGD with momentum 0.9, cosine decay and LSQ's weight decay. */
  public static OptimizerSettings sgd(double learningRate) {
    return new OptimizerSettings(
        OptimizerKind.SGD, LearningRate.cosine(learningRate), 1, 0.9, OptionalDouble.empty());
  }

  /**
   * Makes a network train like this: its next step is the first of a new training.
   *
   * @param epochs length of the training
   * @param batchesPerEpoch updates in an epoch
   */
  public void applyTo(NeuralNetwork network, int epochs, int batchesPerEpoch) {
    configure(network, epochs, batchesPerEpoch);
    Networks.restartTraining(network);
  }

  /**
   * Lets a network go on where it is, with the state of its updaters, by these settings.
   *
   * @param network a network that was trained with the same optimizer
   * @param epochs of the whole training
   * @param batchesPerEpoch updates in an epoch
   */
  void continueWith(NeuralNetwork network, int epochs, int batchesPerEpoch) {
    configure(network, epochs, batchesPerEpoch);
    Networks.renewUpdater(network);
  }

  private void configure(NeuralNetwork network, int epochs, int batchesPerEpoch) {
    ISchedule weightSchedule = learningRate.toSchedule(epochs, batchesPerEpoch);
    for (Layer layer : Networks.layers(network)) {
      if (layer.conf().getLayer() instanceof BaseLayer conf) {
        conf.setIUpdater(updater(weightSchedule));
        conf.setBiasUpdater(null);
        conf.setRegularization(regularization(conf));
        conf.setRegularizationBias(new ArrayList<>());
        if (conf instanceof QuantizedLayerConfiguration quantized) {
          LayerQuantization quantization = quantized.getQuantization();
          quantized.setQuantization(
              quantization.withStepUpdater(
                  stepUpdater(stepRate(quantization), epochs, batchesPerEpoch)));
        }
      }
    }
  }

  /**
   * The learning rate of a network's weights at an update, as its layers' configurations have it; 0
   * if no layer has one.
   *
   * @param iteration updates before it
   */
  static double learningRate(NeuralNetwork network, int iteration) {
    for (Layer layer : Networks.layers(network)) {
      if (layer.conf().getLayer() instanceof BaseLayer conf
          && conf.getIUpdater().hasLearningRate()) {
        return conf.getIUpdater().getLearningRate(iteration, 0);
      }
    }
    return 0;
  }

  /** The same with all learning rates multiplied. */
  public OptimizerSettings withRateTimes(double factor) {
    return new OptimizerSettings(kind, learningRate.times(factor), stepRate, momentum, weightDecay);
  }

  /** A layer's own rate counts. */
  private double stepRate(LayerQuantization quantization) {
    return quantization.stepRate() == null ? stepRate : quantization.stepRate();
  }

  private IUpdater stepUpdater(double rate, int epochs, int batchesPerEpoch) {
    if (rate == 0) {
      return new org.nd4j.linalg.learning.config.NoOp();
    }
    return updater(learningRate.times(rate).toSchedule(epochs, batchesPerEpoch));
  }

  private IUpdater updater(ISchedule schedule) {
    return switch (kind) {
      case SGD -> new Nesterovs(schedule, momentum);
      case ADAM -> new Adam(schedule);
    };
  }

  private List<Regularization> regularization(BaseLayer conf) {
    double coefficient = weightDecay.orElseGet(() -> decayByBits(conf));
    List<Regularization> list = new ArrayList<>();
    if (coefficient > 0) {
      list.add(
          kind == OptimizerKind.ADAM
              ? new WeightDecay(coefficient, true)
              : new L2Regularization(coefficient));
    }
    return list;
  }

  private static double decayByBits(BaseLayer conf) {
    if (conf instanceof QuantizedLayerConfiguration quantized) {
      QuantizerSpec weights = quantized.getQuantization().weights();
      if (weights != null && weights.bits() <= 3) {
        return weights.bits() == 3 ? DECAY / 2 : DECAY / 4;
      }
    }
    return DECAY;
  }
}
