package org.lsq4j.compute.profile;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A quantizer as it was at one time: {@link QuantizerTensors} that training does not change.
 *
 * @param spec what kind of quantizer
 * @param step s, one value or one for each channel
 * @param offset z, as many values; empty without offset
 * @param channelAxis axis along which steps run; ignored per tensor
 */
public record QuantizerSnapshot(
    QuantizerSpec spec, List<Double> step, List<Double> offset, int channelAxis) {

  /** Copies the lists. */
  public QuantizerSnapshot {
    Objects.requireNonNull(spec, "spec");
    step = List.copyOf(step);
    offset = List.copyOf(offset);
  }

  /** The present values of a quantizer's parameters. */
  static QuantizerSnapshot of(QuantizerTensors tensors) {
    return new QuantizerSnapshot(
        tensors.spec(),
        values(tensors.step()),
        tensors.learnedOffset().map(QuantizerSnapshot::values).orElse(List.of()),
        tensors.channelAxis());
  }

  private static List<Double> values(INDArray tensor) {
    double[] values = new double[Math.toIntExact(tensor.length())];
    Arrays.setAll(values, tensor::getDouble);
    return Arrays.stream(values).boxed().toList();
  }

  /** New tensors with these values. */
  QuantizerTensors tensors(DataType type) {
    return new QuantizerTensors(
        spec, tensor(step, type), offset.isEmpty() ? null : tensor(offset, type), channelAxis);
  }

  private static INDArray tensor(List<Double> values, DataType type) {
    double[] numbers = values.stream().mapToDouble(Double::doubleValue).toArray();
    return Nd4j.createFromArray(numbers).castTo(type);
  }
}
