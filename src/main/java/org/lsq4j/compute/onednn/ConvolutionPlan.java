package org.lsq4j.compute.onednn;

import java.util.HashMap;
import java.util.Map;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The float primitives of one convolution shape, made when first used. */
final class ConvolutionPlan {

  private static final memory.data_type F32 = memory.data_type.f32;

  private final DnnlRuntime runtime = DnnlRuntime.get();
  private final ConvolutionShape shape;
  private final memory.desc image;
  private final memory.desc result;
  private final Map<IntegerConvolution.Kind, IntegerConvolution> integer = new HashMap<>();
  private Forward forward;
  private Forward forwardWithBias;
  private BackwardData backwardData;
  private BackwardWeights backwardWeights;
  private BackwardWeights backwardWeightsWithBias;

  ConvolutionPlan(ConvolutionShape shape) {
    this.shape = shape;
    image = Descriptors.channelsLast(F32, shape.input());
    result = Descriptors.channelsLast(F32, shape.output());
  }

  void forward(INDArray x, INDArray weights, INDArray bias, INDArray y) {
    if (bias == null) {
      forward = forward == null ? new Forward(null) : forward;
      forward.run(x, weights, null, y);
    } else {
      forwardWithBias = forwardWithBias == null ? new Forward(bias()) : forwardWithBias;
      forwardWithBias.run(x, weights, bias, y);
    }
  }

  /** The forward pass on codes. */
  void forward(QuantizedOperand x, QuantizedOperand weights, INDArray bias, INDArray y) {
    integer
        .computeIfAbsent(
            IntegerConvolution.Kind.of(x, weights, bias),
            kind -> new IntegerConvolution(shape, kind))
        .run(x, weights, bias, y);
  }

  void backwardData(INDArray weights, INDArray dy, INDArray dx) {
    backwardData = backwardData == null ? new BackwardData() : backwardData;
    backwardData.run(weights, dy, dx);
  }

  void backwardWeights(INDArray x, INDArray dy, INDArray dw, INDArray db) {
    if (db == null) {
      backwardWeights = backwardWeights == null ? new BackwardWeights(null) : backwardWeights;
      backwardWeights.run(x, dy, dw, null);
    } else {
      backwardWeightsWithBias =
          backwardWeightsWithBias == null ? new BackwardWeights(bias()) : backwardWeightsWithBias;
      backwardWeightsWithBias.run(x, dy, dw, db);
    }
  }

  private memory.desc bias() {
    return Descriptors.dense(shape.outChannels());
  }

  private Port input(memory.desc wanted) {
    return new Port(shape.callersLayout(F32, shape.input()), wanted);
  }

  private Port output(memory.desc wanted) {
    return new Port(shape.callersLayout(F32, shape.output()), wanted);
  }

  private Port weights(memory.desc wanted) {
    return new Port(Descriptors.dense(shape.weights()), wanted);
  }

  private convolution_forward.primitive_desc forwardDescriptor(memory.desc bias) {
    memory.desc weights = Descriptors.any(F32, shape.weights());
    int kind = dnnl.prop_kind.forward_training.value;
    int algorithm = dnnl.algorithm.convolution_direct.value;
    convolution_forward.desc description =
        bias == null
            ? new convolution_forward.desc(
                kind,
                algorithm,
                image,
                weights,
                result,
                shape.strides(),
                shape.dilations(),
                shape.paddingBefore(),
                shape.paddingBehind())
            : new convolution_forward.desc(
                kind,
                algorithm,
                image,
                weights,
                bias,
                result,
                shape.strides(),
                shape.dilations(),
                shape.paddingBefore(),
                shape.paddingBehind());
    return new convolution_forward.primitive_desc(description, runtime.cpu());
  }

  private final class Forward {
    private final primitive operation;
    private final IntMemoryMap arguments = new IntMemoryMap();
    private final Port x;
    private final Port w;
    private final Port b;
    private final Port y;

    Forward(memory.desc bias) {
      convolution_forward.primitive_desc chosen = forwardDescriptor(bias);
      operation = new convolution_forward(chosen);
      x = input(chosen.src_desc());
      w = weights(chosen.weights_desc());
      b = bias == null ? null : new Port(bias, bias);
      y = output(chosen.dst_desc());
      arguments.put(dnnl.DNNL_ARG_SRC, x.memory());
      arguments.put(dnnl.DNNL_ARG_WEIGHTS, w.memory());
      arguments.put(dnnl.DNNL_ARG_DST, y.memory());
      if (b != null) {
        arguments.put(dnnl.DNNL_ARG_BIAS, b.memory());
      }
    }

    void run(INDArray input, INDArray weights, INDArray bias, INDArray output) {
      x.load(DenseTensors.pointer(input));
      w.load(DenseTensors.pointer(weights));
      if (b != null) {
        b.load(DenseTensors.pointer(bias));
      }
      y.target(DenseTensors.pointer(output));
      runtime.run(operation, arguments);
      y.store();
    }
  }

  private final class BackwardData {
    private final primitive operation;
    private final IntMemoryMap arguments = new IntMemoryMap();
    private final Port dx;
    private final Port w;
    private final Port dy;

    BackwardData() {
      convolution_backward_data.desc description =
          new convolution_backward_data.desc(
              dnnl.algorithm.convolution_direct.value,
              image,
              Descriptors.any(F32, shape.weights()),
              result,
              shape.strides(),
              shape.dilations(),
              shape.paddingBefore(),
              shape.paddingBehind());
      convolution_backward_data.primitive_desc chosen =
          new convolution_backward_data.primitive_desc(
              description, runtime.cpu(), forwardDescriptor(null));
      operation = new convolution_backward_data(chosen);
      dx = input(chosen.diff_src_desc());
      w = weights(chosen.weights_desc());
      dy = output(chosen.diff_dst_desc());
      arguments.put(dnnl.DNNL_ARG_DIFF_SRC, dx.memory());
      arguments.put(dnnl.DNNL_ARG_WEIGHTS, w.memory());
      arguments.put(dnnl.DNNL_ARG_DIFF_DST, dy.memory());
    }

    void run(INDArray weights, INDArray upstream, INDArray gradient) {
      w.load(DenseTensors.pointer(weights));
      dy.load(DenseTensors.pointer(upstream));
      dx.target(DenseTensors.pointer(gradient));
      runtime.run(operation, arguments);
      dx.store();
    }
  }

  private final class BackwardWeights {
    private final primitive operation;
    private final IntMemoryMap arguments = new IntMemoryMap();
    private final Port x;
    private final Port dw;
    private final Port db;
    private final Port dy;

    BackwardWeights(memory.desc bias) {
      convolution_backward_weights.primitive_desc chosen =
          new convolution_backward_weights.primitive_desc(
              description(bias), runtime.cpu(), forwardDescriptor(bias));
      operation = new convolution_backward_weights(chosen);
      x = input(chosen.src_desc());
      dw = weights(chosen.diff_weights_desc());
      db = bias == null ? null : new Port(bias, bias);
      dy = output(chosen.diff_dst_desc());
      arguments.put(dnnl.DNNL_ARG_SRC, x.memory());
      arguments.put(dnnl.DNNL_ARG_DIFF_WEIGHTS, dw.memory());
      arguments.put(dnnl.DNNL_ARG_DIFF_DST, dy.memory());
      if (db != null) {
        arguments.put(dnnl.DNNL_ARG_DIFF_BIAS, db.memory());
      }
    }

    private convolution_backward_weights.desc description(memory.desc bias) {
      int algorithm = dnnl.algorithm.convolution_direct.value;
      memory.desc weights = Descriptors.any(F32, shape.weights());
      return bias == null
          ? new convolution_backward_weights.desc(
              algorithm,
              image,
              weights,
              result,
              shape.strides(),
              shape.dilations(),
              shape.paddingBefore(),
              shape.paddingBehind())
          : new convolution_backward_weights.desc(
              algorithm,
              image,
              weights,
              bias,
              result,
              shape.strides(),
              shape.dilations(),
              shape.paddingBefore(),
              shape.paddingBehind());
    }

    void run(INDArray input, INDArray upstream, INDArray weightGradient, INDArray biasGradient) {
      x.load(DenseTensors.pointer(input));
      dy.load(DenseTensors.pointer(upstream));
      dw.target(DenseTensors.pointer(weightGradient));
      if (db != null) {
        db.target(DenseTensors.pointer(biasGradient));
      }
      runtime.run(operation, arguments);
      dw.store();
    }
  }
}
