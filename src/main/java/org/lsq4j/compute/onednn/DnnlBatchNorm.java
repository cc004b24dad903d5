package org.lsq4j.compute.onednn;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.batch_normalization_backward;
import org.bytedeco.dnnl.batch_normalization_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.javacpp.Pointer;
import org.lsq4j.compute.BatchNormGradients;
import org.lsq4j.compute.BatchNormKernel;
import org.lsq4j.compute.BatchNormTensors;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Batch normalization by oneDNN, in the caller's layout. */
final class DnnlBatchNorm implements BatchNormKernel {

  private static final int MAX_PLANS = 8;

  private final int channelAxis;
  private final float epsilon;
  private final BatchNormKernel portable;
  private final Map<String, Plan> plans = new HashMap<>();

  DnnlBatchNorm(int channelAxis, double epsilon, BatchNormKernel portable) {
    this.channelAxis = channelAxis;
    this.epsilon = (float) epsilon;
    this.portable = portable;
  }

  @Override
  public void forwardInference(INDArray x, BatchNormTensors tensors, INDArray y) {
    if (DenseTensors.isRowMajor(y)) {
      plan(x).inference().run(x, tensors, y);
    } else {
      portable.forwardInference(x, tensors, y);
    }
  }

  @Override
  public void forwardTraining(INDArray x, BatchNormTensors tensors, INDArray y) {
    if (DenseTensors.isRowMajor(y)) {
      plan(x).training().run(x, tensors, y);
    } else {
      portable.forwardTraining(x, tensors, y);
    }
  }

  @Override
  public void backward(
      INDArray x, BatchNormTensors tensors, INDArray dy, BatchNormGradients gradients) {
    if (DenseTensors.isRowMajor(gradients.input())) {
      plan(x).backward().run(x, tensors, dy, gradients);
    } else {
      portable.backward(x, tensors, dy, gradients);
    }
  }

  private Plan plan(INDArray x) {
    String key = Arrays.toString(x.shape());
    if (plans.size() >= MAX_PLANS && !plans.containsKey(key)) {
      plans.clear();
    }
    return plans.computeIfAbsent(key, unused -> new Plan(x.shape()));
  }

  private final class Plan {
    private final memory.desc data;
    private final memory.desc perChannel;
    private Forward inference;
    private Forward training;
    private Backward backward;

    Plan(long[] shape) {
      perChannel = Descriptors.dense(shape[channelAxis]);
      if (shape.length == 2) {
        data =
            Descriptors.channelsLast(memory.data_type.f32, new long[] {shape[0], shape[1], 1, 1});
      } else {
        data =
            channelAxis == 1
                ? Descriptors.channelsFirst(memory.data_type.f32, shape)
                : Descriptors.channelsLast(
                    memory.data_type.f32, new long[] {shape[0], shape[3], shape[1], shape[2]});
      }
    }

    Forward inference() {
      if (inference == null) {
        int flags = dnnl.dnnl_use_global_stats | dnnl.dnnl_use_scale | dnnl.dnnl_use_shift;
        inference = new Forward(this, dnnl.prop_kind.forward_inference.value, flags);
      }
      return inference;
    }

    Forward training() {
      if (training == null) {
        int flags = dnnl.dnnl_use_scale | dnnl.dnnl_use_shift;
        training = new Forward(this, dnnl.prop_kind.forward_training.value, flags);
      }
      return training;
    }

    Backward backward() {
      if (backward == null) {
        backward = new Backward(this);
      }
      return backward;
    }
  }

  private batch_normalization_forward.primitive_desc descriptor(Plan plan, int kind, int flags) {
    return new batch_normalization_forward.primitive_desc(
        new batch_normalization_forward.desc(kind, plan.data, epsilon, flags),
        DnnlRuntime.get().cpu());
  }

  /** An argument that is used in the caller's layout. */
  private static memory argument(IntMemoryMap arguments, int index, memory.desc layout) {
    memory argument = new memory(layout, DnnlRuntime.get().cpu(), new Pointer());
    arguments.put(index, argument);
    return argument;
  }

  private static void bind(memory argument, INDArray values) {
    argument.set_data_handle(DenseTensors.pointer(values));
  }

  private final class Forward {
    private final primitive operation;
    private final IntMemoryMap arguments = new IntMemoryMap();
    private final memory x;
    private final memory mean;
    private final memory variance;
    private final memory gamma;
    private final memory beta;
    private final memory y;

    Forward(Plan plan, int kind, int flags) {
      operation = new batch_normalization_forward(descriptor(plan, kind, flags));
      x = argument(arguments, dnnl.DNNL_ARG_SRC, plan.data);
      mean = argument(arguments, dnnl.DNNL_ARG_MEAN, plan.perChannel);
      variance = argument(arguments, dnnl.DNNL_ARG_VARIANCE, plan.perChannel);
      gamma = argument(arguments, dnnl.DNNL_ARG_SCALE, plan.perChannel);
      beta = argument(arguments, dnnl.DNNL_ARG_SHIFT, plan.perChannel);
      y = argument(arguments, dnnl.DNNL_ARG_DST, plan.data);
    }

    void run(INDArray input, BatchNormTensors tensors, INDArray output) {
      INDArray dense = DenseTensors.rowMajor(input);
      bind(x, dense);
      bind(mean, tensors.mean());
      bind(variance, tensors.variance());
      bind(gamma, tensors.gamma());
      bind(beta, tensors.beta());
      bind(y, output);
      DnnlRuntime.get().run(operation, arguments);
    }
  }

  private final class Backward {
    private final primitive operation;
    private final IntMemoryMap arguments = new IntMemoryMap();
    private final memory x;
    private final memory mean;
    private final memory variance;
    private final memory gamma;
    private final memory beta;
    private final memory dy;
    private final memory dx;
    private final memory dGamma;
    private final memory dBeta;

    Backward(Plan plan) {
      int flags = dnnl.dnnl_use_scale | dnnl.dnnl_use_shift;
      int kind = dnnl.prop_kind.backward.value;
      operation =
          new batch_normalization_backward(
              new batch_normalization_backward.primitive_desc(
                  new batch_normalization_backward.desc(kind, plan.data, plan.data, epsilon, flags),
                  DnnlRuntime.get().cpu(),
                  descriptor(plan, dnnl.prop_kind.forward_training.value, flags)));
      x = argument(arguments, dnnl.DNNL_ARG_SRC, plan.data);
      mean = argument(arguments, dnnl.DNNL_ARG_MEAN, plan.perChannel);
      variance = argument(arguments, dnnl.DNNL_ARG_VARIANCE, plan.perChannel);
      gamma = argument(arguments, dnnl.DNNL_ARG_SCALE, plan.perChannel);
      beta = argument(arguments, dnnl.DNNL_ARG_SHIFT, plan.perChannel);
      dy = argument(arguments, dnnl.DNNL_ARG_DIFF_DST, plan.data);
      dx = argument(arguments, dnnl.DNNL_ARG_DIFF_SRC, plan.data);
      dGamma = argument(arguments, dnnl.DNNL_ARG_DIFF_SCALE, plan.perChannel);
      dBeta = argument(arguments, dnnl.DNNL_ARG_DIFF_SHIFT, plan.perChannel);
    }

    void run(
        INDArray input, BatchNormTensors tensors, INDArray upstream, BatchNormGradients targets) {
      INDArray dense = DenseTensors.rowMajor(input);
      INDArray denseUpstream = DenseTensors.rowMajor(upstream);
      bind(x, dense);
      bind(mean, tensors.mean());
      bind(variance, tensors.variance());
      bind(gamma, tensors.gamma());
      bind(beta, tensors.beta());
      bind(dy, denseUpstream);
      bind(dx, targets.input());
      bind(dGamma, targets.gamma());
      bind(dBeta, targets.beta());
      DnnlRuntime.get().run(operation, arguments);
    }
  }
}
