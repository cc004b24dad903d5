package org.lsq4j.compute.nd4j;

import java.util.stream.IntStream;
import org.lsq4j.compute.FakeQuantizeKernel;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.QuantizerGradients;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.ReusedMemory;
import org.lsq4j.compute.TensorMemory;
import org.lsq4j.quantizer.CodeRange;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastAddOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastDivOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastSubOp;
import org.nd4j.linalg.api.ops.impl.scalar.ScalarMax;
import org.nd4j.linalg.api.ops.impl.scalar.ScalarMin;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Rint;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Fake quantization by element-wise ND4J operations.
 *
 * <p>The forward pass keeps u = (x - z) / s. The backward pass needs a mask of n &lt; u &lt; p as numbers; comparisons
 * would make boolean arrays and casts, so it is computed as min(1, max(0, (u - n) (p - u) huge)), which is 0 exactly
 * at and beyond both bounds and 1 exactly between them.
 */
final class Nd4jFakeQuantize implements FakeQuantizeKernel {

  private final ReusedMemory scratch = new ReusedMemory();
  private INDArray position;

  @Override
  public Operand forward(INDArray x, QuantizerTensors parameters, TensorMemory memory) {
    double[] step = read(parameters.step());
    double[] offset = effectiveOffset(parameters, step);
    position = memory.allocate(x.dataType(), x.shape());
    if (offset == null) {
      divide(x, step, position, parameters);
    } else {
      subtract(x, offset, position, parameters);
      divide(position, step, position, parameters);
    }
    INDArray values = memory.allocate(x.dataType(), x.shape());
    codes(position, values, parameters.spec().range());
    multiply(values, step, values, parameters);
    if (offset != null) {
      add(values, offset, values, parameters);
    }
    return Operand.plain(values);
  }

  @Override
  public void backward(
      INDArray x, QuantizerTensors parameters, INDArray upstream, QuantizerGradients gradients) {
    scratch.rewind();
    CodeRange range = parameters.spec().range();
    INDArray stepDerivative = scratch.allocate(x.dataType(), x.shape());
    INDArray inside = scratch.allocate(x.dataType(), x.shape());
    codes(position, stepDerivative, range);
    mask(position, inside, range);
    // code - mask u: n or p outside, round(u) - u inside
    position.muli(inside);
    stepDerivative.subi(position);
    stepDerivative.muli(upstream);
    double[] ds = sum(stepDerivative, parameters);
    if (parameters.offset() == null) {
      upstream.muli(inside);
    } else {
      double[] dz = sum(upstream, parameters);
      upstream.muli(inside);
      double[] passed = sum(upstream, parameters);
      for (int i = 0; i < dz.length; i++) {
        dz[i] -= passed[i];
      }
      addOffsetRounding(parameters, ds, dz);
      write(dz, gradients.scale(), gradients.offset());
    }
    write(ds, gradients.scale(), gradients.step());
    position = null;
  }

  private static void codes(INDArray u, INDArray target, CodeRange range) {
    Nd4j.getExecutioner().exec(new ScalarMax(u, null, target, range.lowest()));
    Nd4j.getExecutioner().exec(new ScalarMin(target, null, target, range.highest()));
    Rint rint = new Rint(target);
    rint.setZ(target);
    Nd4j.getExecutioner().exec(rint);
  }

  private static void mask(INDArray u, INDArray target, CodeRange range) {
    INDArray upper = u.rsub(range.highest());
    u.sub(range.lowest(), target);
    target.muli(upper);
    target.muli(u.dataType() == DataType.DOUBLE ? 1e300 : 1e30);
    Nd4j.getExecutioner().exec(new ScalarMax(target, null, target, 0));
    Nd4j.getExecutioner().exec(new ScalarMin(target, null, target, 1));
  }

  private static double[] read(INDArray vector) {
    double[] values = new double[Math.toIntExact(vector.length())];
    for (int i = 0; i < values.length; i++) {
      values[i] = vector.getDouble(i);
    }
    return values;
  }

  private static void write(double[] values, double scale, INDArray target) {
    for (int i = 0; i < values.length; i++) {
      target.putScalar(i, values[i] * scale);
    }
  }

  /** z, or Z s with an integer offset; null without offset. */
  private static double[] effectiveOffset(QuantizerTensors parameters, double[] step) {
    if (parameters.offset() == null) {
      return null;
    }
    double[] offset = read(parameters.offset());
    if (parameters.roundsOffset()) {
      for (int i = 0; i < offset.length; i++) {
        offset[i] = Math.rint(offset[i] / step[i]) * step[i];
      }
    }
    return offset;
  }

  /** Passes dL/d(Z s) straight through the rounding of Z to the step. */
  private static void addOffsetRounding(QuantizerTensors parameters, double[] ds, double[] dz) {
    if (!parameters.roundsOffset()) {
      return;
    }
    double[] step = read(parameters.step());
    double[] offset = read(parameters.offset());
    for (int i = 0; i < ds.length; i++) {
      double u = offset[i] / step[i];
      ds[i] += dz[i] * (Math.rint(u) - u);
    }
  }

  private static double[] sum(INDArray values, QuantizerTensors parameters) {
    if (parameters.perTensor()) {
      return new double[] {values.sumNumber().doubleValue()};
    }
    int axis = parameters.channelAxis();
    int[] others = IntStream.range(0, values.rank()).filter(i -> i != axis).toArray();
    return read(values.sum(others));
  }

  private static INDArray vector(double[] values, INDArray like) {
    return Nd4j.createFromArray(values).castTo(like.dataType());
  }

  private static void divide(INDArray x, double[] by, INDArray target, QuantizerTensors p) {
    if (p.perTensor()) {
      x.div(by[0], target);
    } else {
      Nd4j.exec(new BroadcastDivOp(x, vector(by, x), target, p.channelAxis()));
    }
  }

  private static void multiply(INDArray x, double[] by, INDArray target, QuantizerTensors p) {
    if (p.perTensor()) {
      x.mul(by[0], target);
    } else {
      Nd4j.exec(new BroadcastMulOp(x, vector(by, x), target, p.channelAxis()));
    }
  }

  private static void subtract(INDArray x, double[] what, INDArray target, QuantizerTensors p) {
    if (p.perTensor()) {
      x.sub(what[0], target);
    } else {
      Nd4j.exec(new BroadcastSubOp(x, vector(what, x), target, p.channelAxis()));
    }
  }

  private static void add(INDArray x, double[] what, INDArray target, QuantizerTensors p) {
    if (p.perTensor()) {
      x.add(what[0], target);
    } else {
      Nd4j.exec(new BroadcastAddOp(x, vector(what, x), target, p.channelAxis()));
    }
  }
}
