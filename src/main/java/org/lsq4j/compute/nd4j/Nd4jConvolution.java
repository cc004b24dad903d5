package org.lsq4j.compute.nd4j;

import java.util.Arrays;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.LinearGradients;
import org.lsq4j.compute.LinearKernel;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.Padding2D;
import org.lsq4j.compute.ReusedMemory;
import org.lsq4j.compute.Size2D;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Convolution by the operations {@code conv2d} and {@code conv2d_bp}, which use oneDNN or cuDNN
 * where the backend has them, and {@code depthwise_conv2d} for one input channel a group. Other
 * groups are convolved one by one.
 *
 * <p>Dilated kernels are convolved as larger ones with zeros between the taps: with oneDNN the
 * operations refuse most dilations (1.0.0-M2.1).
 */
final class Nd4jConvolution implements LinearKernel {

  private static final long VALID = 0;
  private static final long SAME = 1;
  private static final long WEIGHTS_OIHW = 1;
  private static final long WEIGHTS_HWIM = 0;
  private static final int NOT_DILATED = 1;

  private final ConvolutionGeometry geometry;
  private final ReusedMemory scratch = new ReusedMemory();

  Nd4jConvolution(ConvolutionGeometry geometry) {
    this.geometry = geometry;
  }

  @Override
  public void forward(Operand x, Operand weights, INDArray bias, INDArray y) {
    scratch.rewind();
    Input input = prepare(x.values());
    INDArray w = spread(weights.values());
    if (geometry.groups() == 1) {
      convolve(input, w, bias, y);
    } else if (isDepthwise(input.values)) {
      INDArray depthwise = toDepthwise(w);
      Nd4j.exec(
          operation("depthwise_conv2d", input, WEIGHTS_HWIM)
              .addInputs(withBias(bias, input.values, depthwise))
              .addOutputs(y)
              .build());
    } else {
      for (int group = 0; group < geometry.groups(); group++) {
        INDArray target = channels(y, group);
        INDArray part = scratch.allocate(y.dataType(), target.shape());
        convolve(input.group(group), filters(w, group), filters(bias, group), part);
        target.assign(part);
      }
    }
  }

  @Override
  public void backward(Operand x, Operand weights, INDArray dy, LinearGradients gradients) {
    scratch.rewind();
    Input input = prepare(x.values());
    INDArray w = spread(weights.values());
    INDArray upstream = RowMajor.of(dy, scratch);
    INDArray dx = input.gradientTarget(gradients.input());
    INDArray dw = weightGradientTarget(w, gradients.weights());
    if (geometry.groups() == 1) {
      convolveBackward(input, w, upstream, new LinearGradients(dx, dw, null));
    } else if (isDepthwise(input.values)) {
      depthwiseBackward(input, w, upstream, new LinearGradients(dx, dw, null));
    } else {
      for (int group = 0; group < geometry.groups(); group++) {
        groupBackward(group, input, w, upstream, new LinearGradients(dx, dw, null));
      }
    }
    if (gradients.bias() != null) {
      dy.sum(gradients.bias(), spatialAxes());
    }
    input.copyGradient(dx, gradients.input());
    if (isDilated() && gradients.weights() != null) {
      gradients.weights().assign(taps(dw));
    }
  }

  private void convolve(Input input, INDArray weights, INDArray bias, INDArray y) {
    Nd4j.exec(
        operation("conv2d", input, WEIGHTS_OIHW)
            .addInputs(withBias(bias, input.values, weights))
            .addOutputs(y)
            .build());
  }

  private void convolveBackward(
      Input input, INDArray weights, INDArray dy, LinearGradients targets) {
    Nd4j.exec(
        operation("conv2d_bp", input, WEIGHTS_OIHW)
            .addInputs(input.values, weights, dy)
            .addOutputs(targets.input(), targets.weights())
            .build());
  }

  private void depthwiseBackward(
      Input input, INDArray weights, INDArray dy, LinearGradients targets) {
    INDArray depthwise = toDepthwise(weights);
    INDArray gradient = scratch.allocate(weights.dataType(), depthwise.shape());
    Nd4j.exec(
        operation("depthwise_conv2d_bp", input, WEIGHTS_HWIM)
            .addInputs(input.values, depthwise, dy)
            .addOutputs(targets.input(), gradient)
            .build());
    // [kH, kW, C, M] back to [C, M, kH, kW], which is our [C M, 1, kH, kW]
    INDArray ours = RowMajor.copy(gradient.permute(2, 3, 0, 1), scratch);
    targets.weights().assign(ours.reshape(targets.weights().shape()));
  }

  private void groupBackward(
      int group, Input input, INDArray weights, INDArray dy, LinearGradients targets) {
    Input part = input.group(group);
    INDArray dw = filters(targets.weights(), group);
    INDArray partDx = scratch.allocate(dy.dataType(), part.values.shape());
    INDArray partDw = scratch.allocate(dy.dataType(), dw.shape());
    INDArray partDy = RowMajor.copy(channels(dy, group), scratch);
    convolveBackward(
        part, filters(weights, group), partDy, new LinearGradients(partDx, partDw, null));
    channels(targets.input(), group).assign(partDx);
    dw.assign(partDw);
  }

  private boolean isDilated() {
    return !geometry.dilation().equals(Size2D.ONE);
  }

  /** The weights with zeros between the taps, if the geometry is dilated. */
  private INDArray spread(INDArray weights) {
    if (!isDilated()) {
      return RowMajor.of(weights, scratch);
    }
    INDArray spread = scratch.allocate(weights.dataType(), spreadShape(weights));
    spread.assign(0);
    taps(spread).assign(weights);
    return spread;
  }

  /** The operations always compute dL/dW, so they need a place for it even if nobody asks. */
  private INDArray weightGradientTarget(INDArray spread, INDArray wanted) {
    return isDilated() || wanted == null
        ? scratch.allocate(spread.dataType(), spread.shape())
        : wanted;
  }

  private long[] spreadShape(INDArray weights) {
    Size2D size = geometry.effectiveKernel();
    return new long[] {weights.size(0), weights.size(1), size.height(), size.width()};
  }

  private INDArray taps(INDArray spread) {
    Size2D dilation = geometry.dilation();
    INDArrayIndex[] index = all();
    index[2] = every(dilation.height(), spread.size(2));
    index[3] = every(dilation.width(), spread.size(3));
    return spread.get(index);
  }

  private static INDArrayIndex every(int step, long size) {
    // An interval refuses a step beyond the end.
    return step >= size ? NDArrayIndex.interval(0, 1) : NDArrayIndex.interval(0, step, size);
  }

  private DynamicCustomOp.DynamicCustomOpsBuilder operation(
      String name, Input input, long weightFormat) {
    long nhwc = geometry.format() == CNN2DFormat.NHWC ? 1 : 0;
    return DynamicCustomOp.builder(name)
        .addIntegerArguments(
            geometry.effectiveKernel().height(),
            geometry.effectiveKernel().width(),
            geometry.stride().height(),
            geometry.stride().width(),
            input.padTop,
            input.padLeft,
            NOT_DILATED,
            NOT_DILATED,
            (int) input.mode,
            (int) nhwc,
            (int) weightFormat);
  }

  private static INDArray[] withBias(INDArray bias, INDArray x, INDArray weights) {
    return bias == null ? new INDArray[] {x, weights} : new INDArray[] {x, weights, bias};
  }

  private boolean isDepthwise(INDArray x) {
    return x.size(geometry.channelAxis()) == geometry.groups();
  }

  /** Our [C M, 1, kH, kW] as the operation's [kH, kW, C, M]. */
  private INDArray toDepthwise(INDArray weights) {
    long channels = geometry.groups();
    long multiplier = weights.size(0) / channels;
    INDArray permuted =
        weights
            .reshape('c', channels, multiplier, weights.size(2), weights.size(3))
            .permute(2, 3, 0, 1);
    return RowMajor.copy(permuted, scratch);
  }

  private INDArray channels(INDArray tensor, int group) {
    int axis = geometry.channelAxis();
    long each = tensor.size(axis) / geometry.groups();
    INDArrayIndex[] index = all();
    index[axis] = NDArrayIndex.interval(group * each, (group + 1) * each);
    return tensor.get(index);
  }

  /** The part of W or b that makes a group's outputs. */
  private INDArray filters(INDArray tensor, int group) {
    if (tensor == null) {
      return null;
    }
    long each = tensor.size(0) / geometry.groups();
    return tensor.get(NDArrayIndex.interval(group * each, (group + 1) * each));
  }

  private int[] spatialAxes() {
    int h = geometry.heightAxis();
    return new int[] {0, h, h + 1};
  }

  private static INDArrayIndex[] all() {
    INDArrayIndex[] index = new INDArrayIndex[4];
    Arrays.fill(index, NDArrayIndex.all());
    return index;
  }

  /**
   * The operations know equal padding on opposite sides and TensorFlow's "same"; anything else is
   * padded here.
   */
  private Input prepare(INDArray x) {
    Padding2D padding = geometry.padding();
    if (padding.isSymmetric()) {
      return new Input(RowMajor.of(x, scratch), VALID, padding.top(), padding.left());
    }
    if (padding.equals(geometry.samePadding(x.shape()))) {
      return new Input(RowMajor.of(x, scratch), SAME, 0, 0);
    }
    long[] shape = x.shape().clone();
    int h = geometry.heightAxis();
    shape[h] += padding.top() + padding.bottom();
    shape[h + 1] += padding.left() + padding.right();
    INDArray padded = scratch.allocate(x.dataType(), shape);
    padded.assign(0);
    interior(padded, x).assign(x);
    return new Input(padded, VALID, 0, 0);
  }

  private INDArray interior(INDArray padded, INDArray x) {
    int h = geometry.heightAxis();
    Padding2D padding = geometry.padding();
    INDArrayIndex[] index = all();
    index[h] = NDArrayIndex.interval(padding.top(), padding.top() + x.size(h));
    index[h + 1] = NDArrayIndex.interval(padding.left(), padding.left() + x.size(h + 1));
    return padded.get(index);
  }

  /** An input as the operations take it. */
  private final class Input {
    private final INDArray values;
    private final long mode;
    private final int padTop;
    private final int padLeft;

    Input(INDArray values, long mode, int padTop, int padLeft) {
      this.values = values;
      this.mode = mode;
      this.padTop = padTop;
      this.padLeft = padLeft;
    }

    Input group(int group) {
      INDArray part = RowMajor.copy(channels(values, group), scratch);
      return new Input(part, mode, padTop, padLeft);
    }

    /** The operations always compute dL/dx, so they need a place for it even if nobody asks. */
    INDArray gradientTarget(INDArray wanted) {
      boolean fits = wanted != null && Arrays.equals(wanted.shape(), values.shape());
      return fits ? wanted : scratch.allocate(values.dataType(), values.shape());
    }

    void copyGradient(INDArray computed, INDArray wanted) {
      if (wanted != null && wanted != computed) {
        wanted.assign(interior(computed, wanted));
      }
    }
  }
}
