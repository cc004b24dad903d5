package org.lsq4j.compute.nd4j;

import java.util.Arrays;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.LinearGradients;
import org.lsq4j.compute.LinearKernel;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.Padding2D;
import org.lsq4j.compute.ReusedMemory;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Convolution by the operations {@code conv2d} and {@code conv2d_bp}, which use oneDNN or cuDNN where the backend has
 * them, and {@code depthwise_conv2d} for one input channel a group. Other groups are convolved one by one.
 */
final class Nd4jConvolution implements LinearKernel {

  private static final long VALID = 0;
  private static final long SAME = 1;
  private static final long WEIGHTS_OIHW = 1;
  private static final long WEIGHTS_HWIM = 0;

  private final ConvolutionGeometry geometry;
  private final ReusedMemory scratch = new ReusedMemory();

  Nd4jConvolution(ConvolutionGeometry geometry) {
    this.geometry = geometry;
  }

  @Override
  public void forward(Operand x, Operand weights, INDArray bias, INDArray y) {
    scratch.rewind();
    Input input = prepare(x.values());
    if (geometry.groups() == 1) {
      convolve(input, weights.values(), bias, y);
    } else if (isDepthwise(input.values)) {
      INDArray depthwise = toDepthwise(weights.values());
      Nd4j.exec(
          operation("depthwise_conv2d", input, WEIGHTS_HWIM)
              .addInputs(withBias(bias, input.values, depthwise))
              .addOutputs(y)
              .build());
    } else {
      for (int group = 0; group < geometry.groups(); group++) {
        INDArray part = channels(y, group).dup('c');
        convolve(input.group(group), filters(weights.values(), group), filters(bias, group), part);
        channels(y, group).assign(part);
      }
    }
  }

  @Override
  public void backward(Operand x, Operand weights, INDArray dy, LinearGradients gradients) {
    scratch.rewind();
    Input input = prepare(x.values());
    INDArray dx = input.gradientTarget(gradients.input());
    if (geometry.groups() == 1) {
      LinearGradients targets = new LinearGradients(dx, gradients.weights(), gradients.bias());
      convolveBackward(input, weights.values(), dy, targets);
    } else if (isDepthwise(input.values)) {
      depthwiseBackward(input, weights.values(), dy, dx, gradients.weights());
    } else {
      for (int group = 0; group < geometry.groups(); group++) {
        groupBackward(group, input, weights.values(), dy, dx, gradients.weights());
      }
    }
    if (gradients.bias() != null) {
      dy.sum(gradients.bias(), spatialAxes());
    }
    input.copyGradient(dx, gradients.input());
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
      Input input, INDArray weights, INDArray dy, INDArray dx, INDArray dw) {
    INDArray depthwise = toDepthwise(weights);
    INDArray gradient = scratch.allocate(weights.dataType(), depthwise.shape());
    Nd4j.exec(
        operation("depthwise_conv2d_bp", input, WEIGHTS_HWIM)
            .addInputs(input.values, depthwise, dy)
            .addOutputs(dx, gradient)
            .build());
    // [kH, kW, C, M] back to [C, M, kH, kW], which is our [C M, 1, kH, kW]
    dw.assign(gradient.permute(2, 3, 0, 1).dup('c').reshape(dw.shape()));
  }

  private void groupBackward(
      int group, Input input, INDArray weights, INDArray dy, INDArray dx, INDArray dw) {
    Input part = input.group(group);
    INDArray partDx = part.values.ulike();
    INDArray partDw = filters(dw, group).ulike();
    LinearGradients targets = new LinearGradients(partDx, partDw, null);
    convolveBackward(part, filters(weights, group), channels(dy, group).dup('c'), targets);
    channels(dx, group).assign(partDx);
    filters(dw, group).assign(partDw);
  }

  private DynamicCustomOp.DynamicCustomOpsBuilder operation(
      String name, Input input, long weightFormat) {
    long nhwc = geometry.format() == CNN2DFormat.NHWC ? 1 : 0;
    return DynamicCustomOp.builder(name)
        .addIntegerArguments(
            geometry.kernel().height(),
            geometry.kernel().width(),
            geometry.stride().height(),
            geometry.stride().width(),
            input.padTop,
            input.padLeft,
            geometry.dilation().height(),
            geometry.dilation().width(),
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
    return weights
        .reshape('c', channels, multiplier, weights.size(2), weights.size(3))
        .permute(2, 3, 0, 1)
        .dup('c');
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

  /** The operations know equal padding on opposite sides and TensorFlow's "same"; anything else is padded here. */
  private Input prepare(INDArray x) {
    Padding2D padding = geometry.padding();
    if (padding.isSymmetric()) {
      return new Input(x, VALID, padding.top(), padding.left());
    }
    if (padding.equals(samePadding(x))) {
      return new Input(x, SAME, 0, 0);
    }
    long[] shape = x.shape();
    int h = geometry.heightAxis();
    shape = shape.clone();
    shape[h] += padding.top() + padding.bottom();
    shape[h + 1] += padding.left() + padding.right();
    INDArray padded = scratch.allocate(x.dataType(), shape);
    padded.assign(0);
    interior(padded, x).assign(x);
    return new Input(padded, VALID, 0, 0);
  }

  private Padding2D samePadding(INDArray x) {
    int h = geometry.heightAxis();
    int[] rows =
        ConvolutionGeometry.samePadding(
            (int) x.size(h),
            geometry.kernel().height(),
            geometry.stride().height(),
            geometry.dilation().height());
    int[] columns =
        ConvolutionGeometry.samePadding(
            (int) x.size(h + 1),
            geometry.kernel().width(),
            geometry.stride().width(),
            geometry.dilation().width());
    return new Padding2D(rows[0], columns[0], rows[1], columns[1]);
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
      return new Input(channels(values, group).dup('c'), mode, padTop, padLeft);
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
