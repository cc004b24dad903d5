package org.lsq4j.training.distillation;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.network.FastNetwork;
import org.lsq4j.network.Networks;
import org.lsq4j.quantizer.QuantizerRole;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.DataSetPreProcessor;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A trained classifier that another network learns from. It computes in inference mode, and it is
 * not changed.
 */
public final class Teacher {

  /** How far the sum of an example's probabilities may be from 1. */
  private static final double ROUNDING = 1e-3;

  private final NeuralNetwork network;
  private final UnaryOperator<INDArray> preparation;

  private Teacher(NeuralNetwork network, UnaryOperator<INDArray> preparation) {
    this.network = network;
    this.preparation = preparation;
  }

  /**
   * Makes a teacher of a network, float or quantized. A float network is copied into layers that
   * the fastest engine computes.
   */
  public static Teacher of(NeuralNetwork network) {
    return new Teacher(
        isQuantized(network) ? network : FastNetwork.copyOf(network), UnaryOperator.identity());
  }

  private static boolean isQuantized(NeuralNetwork network) {
    return Networks.layers(network).stream()
        .filter(QuantizedLayer.class::isInstance)
        .map(layer -> ((QuantizedLayer) layer).quantizers())
        .anyMatch(
            quantizers ->
                Arrays.stream(QuantizerRole.values())
                    .anyMatch(role -> quantizers.tensors(role).isPresent()));
  }

  /**
   * The same teacher for features that are prepared otherwise than those it was trained on.
   *
   * @param newPreparation makes the teacher's features of a student's; must not change these
   */
  public Teacher reading(UnaryOperator<INDArray> newPreparation) {
    return new Teacher(network, newPreparation);
  }

  /**
   * What the teacher says about a batch.
   *
   * @param features as the student gets them
   * @param temperature T, more than 0
   * @return softmax(z / T), [N, C]
   */
  public INDArray probabilities(INDArray features, double temperature) {
    INDArray output = Networks.output(network, preparation.apply(features));
    return Softening.soften(output, temperature);
  }

  /** A batch with the teacher's probabilities behind the labels, for {@link DistillationLoss}. */
  public DataSet instruct(DataSet batch, double temperature) {
    INDArray labels = batch.getLabels();
    INDArray teacher = probabilities(batch.getFeatures(), temperature).castTo(labels.dataType());
    return new DataSet(
        batch.getFeatures(),
        Nd4j.hstack(labels, teacher),
        batch.getFeaturesMaskArray(),
        batch.getLabelsMaskArray());
  }

  /**
   * The same as {@link #instruct} for iterators of DL4J, whose network must have a {@link
   * DistillationLoss}: for trainings without a {@link org.lsq4j.training.Trainer}.
   */
  public DataSetPreProcessor preProcessor(double temperature) {
    return batch ->
        batch.setLabels(
            Nd4j.hstack(batch.getLabels(), probabilities(batch.getFeatures(), temperature)));
  }

  /**
   * Tries the teacher.
   *
   * @param features of at least one example
   * @param classes how many classes the student tells apart
   * @throws IllegalArgumentException if the teacher cannot take the features, tells other classes
   *     apart, or gives no probabilities
   */
  public void requireFits(INDArray features, long classes) {
    INDArray output = tryOut(features);
    if (output.rank() != 2 || output.size(1) != classes) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "the teacher tells %d classes apart, but the labels have %d",
              output.rank() == 2 ? output.size(1) : 0,
              classes));
    }
    double low = output.minNumber().doubleValue();
    double off = output.sum(1).subi(1).amaxNumber().doubleValue();
    if (!(low >= 0 && off < ROUNDING)) {
      throw new IllegalArgumentException(
          "the teacher's outputs are no probabilities; its output layer must have softmax");
    }
  }

  private INDArray tryOut(INDArray features) {
    try {
      return Networks.output(network, preparation.apply(features));
    } catch (RuntimeException e) {
      List<String> reason = String.valueOf(e.getMessage()).lines().toList();
      throw new IllegalArgumentException(
          String.format(
              "the teacher cannot take features of shape %s: %s",
              Arrays.toString(features.shape()), reason.isEmpty() ? "" : reason.get(0)),
          e);
    }
  }

  /** A number that is another one, most likely, for a teacher with other parameters. */
  public long checksum() {
    CRC32 checksum = new CRC32();
    for (float value : ((Model) network).params().dup().data().asFloat()) {
      int bits = Float.floatToIntBits(value);
      for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
        checksum.update(bits >>> shift);
      }
    }
    return checksum.getValue();
  }
}
