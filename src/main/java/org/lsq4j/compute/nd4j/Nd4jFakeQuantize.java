package org.lsq4j.compute.nd4j;

import org.lsq4j.compute.FakeQuantizeKernel;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.QuantizerGradients;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.ReusedMemory;
import org.lsq4j.compute.TensorMemory;
import org.lsq4j.quantizer.CodeRange;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.Op;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastAddOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastDivOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastSubOp;
import org.nd4j.linalg.api.ops.impl.scalar.ScalarMax;
import org.nd4j.linalg.api.ops.impl.scalar.ScalarMin;
import org.nd4j.linalg.api.ops.impl.scalar.ScalarReverseSubtraction;
import org.nd4j.linalg.api.ops.impl.scalar.Step;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Rint;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Fake quantization by element-wise ND4J operations.
 *
 * <p>The forward pass keeps u = (x - z) / s. The backward pass needs a mask of n &lt; u &lt; p as
 * numbers; comparisons would make boolean arrays and casts, so it is the product of two step
 * functions, of u over n and of p - u over 0.
 */
final class Nd4jFakeQuantize implements FakeQuantizeKernel {

  private final ReusedMemory scratch = new ReusedMemory();
  private INDArray position;

  @Override
  public Operand forward(INDArray x, QuantizerTensors parameters, TensorMemory memory) {
    scratch.rewind();
    INDArray step = parameters.step();
    INDArray offset = effectiveOffset(parameters);
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
    INDArray terms = scratch.allocate(x.dataType(), x.shape());
    INDArray inside = scratch.allocate(x.dataType(), x.shape());
    mask(position, terms, inside, range);
    codes(position, terms, range);
    // code - mask u: n or p outside, round(u) - u inside
    position.muli(inside);
    terms.subi(position);
    position = null;
    terms.muli(upstream);
    sum(terms, gradients.step(), parameters);
    if (parameters.offset() == null) {
      upstream.muli(inside);
    } else {
      terms.assign(upstream);
      upstream.muli(inside);
      terms.subi(upstream);
      sum(terms, gradients.offset(), parameters);
      addOffsetRounding(parameters, gradients);
      gradients.offset().muli(gradients.scale());
    }
    gradients.step().muli(gradients.scale());
  }

  private static void codes(INDArray u, INDArray target, CodeRange range) {
    execute(new ScalarMax(u, null, target, range.lowest()));
    execute(new ScalarMin(target, null, target, range.highest()));
    Rint rint = new Rint(target);
    rint.setZ(target);
    execute(rint);
  }

  private static void mask(INDArray u, INDArray scratch, INDArray target, CodeRange range) {
    execute(new ScalarReverseSubtraction(u, null, scratch, range.highest()));
    execute(new Step(scratch, scratch, 0));
    execute(new Step(u, target, range.lowest()));
    target.muli(scratch);
  }

  private static void execute(Op operation) {
    Nd4j.getExecutioner().exec(operation);
  }

  /** z, or Z s with an integer offset; null without offset. */
  private INDArray effectiveOffset(QuantizerTensors parameters) {
    if (!parameters.roundsOffset()) {
      return parameters.offset();
    }
    INDArray offset = parameters.offset();
    INDArray step = parameters.step();
    INDArray rounded = scratch.allocate(offset.dataType(), offset.shape());
    for (int i = 0; i < offset.length(); i++) {
      double s = step.getDouble(i);
      rounded.putScalar(i, Math.rint(offset.getDouble(i) / s) * s);
    }
    return rounded;
  }

  /** Passes dL/d(Z s) straight through the rounding of Z to the step. */
  private static void addOffsetRounding(QuantizerTensors parameters, QuantizerGradients gradients) {
    if (!parameters.roundsOffset()) {
      return;
    }
    INDArray ds = gradients.step();
    for (int i = 0; i < ds.length(); i++) {
      double u = parameters.offset().getDouble(i) / parameters.step().getDouble(i);
      double change = gradients.offset().getDouble(i) * (Math.rint(u) - u);
      ds.putScalar(i, ds.getDouble(i) + change);
    }
  }

  /** Sums one axis after the other: ND4J adds floats as floats, and a long sum loses digits. */
  private static void sum(INDArray values, INDArray target, QuantizerTensors parameters) {
    INDArray sum = values;
    for (int axis = values.rank() - 1; axis >= 0; axis--) {
      if (parameters.perTensor() || axis != parameters.channelAxis()) {
        sum = sum.sum(true, axis);
      }
    }
    target.assign(sum.reshape(target.shape()));
  }

  private static void divide(INDArray x, INDArray by, INDArray target, QuantizerTensors p) {
    if (p.perTensor()) {
      x.div(by.getDouble(0), target);
    } else {
      Nd4j.exec(new BroadcastDivOp(x, by, target, p.channelAxis()));
    }
  }

  private static void multiply(INDArray x, INDArray by, INDArray target, QuantizerTensors p) {
    if (p.perTensor()) {
      x.mul(by.getDouble(0), target);
    } else {
      Nd4j.exec(new BroadcastMulOp(x, by, target, p.channelAxis()));
    }
  }

  private static void subtract(INDArray x, INDArray what, INDArray target, QuantizerTensors p) {
    if (p.perTensor()) {
      x.sub(what.getDouble(0), target);
    } else {
      Nd4j.exec(new BroadcastSubOp(x, what, target, p.channelAxis()));
    }
  }

  private static void add(INDArray x, INDArray what, INDArray target, QuantizerTensors p) {
    if (p.perTensor()) {
      x.add(what.getDouble(0), target);
    } else {
      Nd4j.exec(new BroadcastAddOp(x, what, target, p.channelAxis()));
    }
  }
}
