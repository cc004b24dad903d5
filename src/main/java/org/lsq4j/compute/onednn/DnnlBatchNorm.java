package org.lsq4j.compute.onednn;

import java.lang.ref.Reference;
import java.util.Arrays;
import org.bytedeco.dnnl.batch_normalization_backward;
import org.bytedeco.dnnl.batch_normalization_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.lsq4j.compute.BatchNormGradients;
import org.lsq4j.compute.BatchNormKernel;
import org.lsq4j.compute.BatchNormTensors;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.compute.dnnl.Descriptors;
import org.lsq4j.compute.dnnl.DnnlRuntime;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Batch normalization by oneDNN, in the caller's layout. */
final class DnnlBatchNorm implements BatchNormKernel {

  private final int channelAxis;
  private final float epsilon;
  private final Rectifier rectifier;
  private final BatchNormKernel portable;
  private final Plans<String, Plan> plans = new Plans<>();

  DnnlBatchNorm(int channelAxis, double epsilon, Rectifier rectifier, BatchNormKernel portable) {
    this.channelAxis = channelAxis;
    this.epsilon = (float) epsilon;
    this.rectifier = rectifier;
    this.portable = portable;
  }

  @Override
  public void forwardInference(INDArray x, BatchNormTensors tensors, INDArray y) {
    if (DenseTensors.isRowMajor(y)) {
      run(plan(x).inference(), x, tensors, y);
    } else {
      portable.forwardInference(x, tensors, y);
    }
  }

  @Override
  public void forwardTraining(INDArray x, BatchNormTensors tensors, INDArray y) {
    if (DenseTensors.isRowMajor(y)) {
      run(plan(x).training(), x, tensors, y);
    } else {
      portable.forwardTraining(x, tensors, y);
    }
  }

  @Override
  public void backward(
      INDArray x, BatchNormTensors tensors, INDArray dy, BatchNormGradients gradients) {
    if (DenseTensors.isRowMajor(gradients.input())) {
      INDArray input = DenseTensors.rowMajor(x);
      INDArray upstream = DenseTensors.rowMajor(dy);
      plan(x)
          .backward()
          .run(
              DenseTensors.pointers(
                  input,
                  tensors.mean(),
                  tensors.variance(),
                  tensors.gamma(),
                  tensors.beta(),
                  upstream,
                  gradients.input(),
                  gradients.gamma(),
                  gradients.beta()));
      // Copies that only their addresses were taken of could be collected while they are read.
      Reference.reachabilityFence(input);
      Reference.reachabilityFence(upstream);
    } else {
      portable.backward(x, tensors, dy, gradients);
    }
  }

  private static void run(Invocation operation, INDArray x, BatchNormTensors tensors, INDArray y) {
    INDArray input = DenseTensors.rowMajor(x);
    operation.run(
        DenseTensors.pointers(
            input, tensors.mean(), tensors.variance(), tensors.gamma(), tensors.beta(), y));
    Reference.reachabilityFence(input);
  }

  private Plan plan(INDArray x) {
    return plans.get(Arrays.toString(x.shape()), () -> new Plan(x.shape()));
  }

  /** The primitives for one shape, made when first used. */
  private final class Plan {
    private final memory.desc data;
    private final memory.desc perChannel;
    private Invocation inference;
    private Invocation training;
    private Invocation backward;

    /** Which results the rectifier passed in the last forward pass; made with that. */
    private memory passed;

    Plan(long[] shape) {
      perChannel = Descriptors.dense(shape[channelAxis]);
      data = Descriptors.images(memory.data_type.f32, channelAxis, shape);
    }

    Invocation inference() {
      if (inference == null) {
        int flags = flags() | dnnl.dnnl_use_global_stats;
        inference = forward(description(dnnl.prop_kind.forward_inference.value, flags));
      }
      return inference;
    }

    Invocation training() {
      if (training == null) {
        batch_normalization_forward.primitive_desc description = trainingDescription();
        training = forward(description);
        if (rectifier == Rectifier.RELU) {
          passed = new memory(description.workspace_desc(), DnnlRuntime.get().cpu());
          training.fixed(dnnl.DNNL_ARG_WORKSPACE, passed);
        }
      }
      return training;
    }

    Invocation backward() {
      if (backward == null) {
        int kind = dnnl.prop_kind.backward.value;
        backward =
            new Invocation(
                    new batch_normalization_backward(
                        new batch_normalization_backward.primitive_desc(
                            new batch_normalization_backward.desc(
                                kind, data, data, epsilon, flags()),
                            DnnlRuntime.get().cpu(),
                            trainingDescription())))
                .tensor(dnnl.DNNL_ARG_SRC, data)
                .tensor(dnnl.DNNL_ARG_MEAN, perChannel)
                .tensor(dnnl.DNNL_ARG_VARIANCE, perChannel)
                .tensor(dnnl.DNNL_ARG_SCALE, perChannel)
                .tensor(dnnl.DNNL_ARG_SHIFT, perChannel)
                .tensor(dnnl.DNNL_ARG_DIFF_DST, data)
                .tensor(dnnl.DNNL_ARG_DIFF_SRC, data)
                .tensor(dnnl.DNNL_ARG_DIFF_SCALE, perChannel)
                .tensor(dnnl.DNNL_ARG_DIFF_SHIFT, perChannel);
        if (passed != null) {
          backward.fixed(dnnl.DNNL_ARG_WORKSPACE, passed);
        }
      }
      return backward;
    }

    private Invocation forward(batch_normalization_forward.primitive_desc description) {
      return new Invocation(new batch_normalization_forward(description))
          .tensor(dnnl.DNNL_ARG_SRC, data)
          .tensor(dnnl.DNNL_ARG_MEAN, perChannel)
          .tensor(dnnl.DNNL_ARG_VARIANCE, perChannel)
          .tensor(dnnl.DNNL_ARG_SCALE, perChannel)
          .tensor(dnnl.DNNL_ARG_SHIFT, perChannel)
          .tensor(dnnl.DNNL_ARG_DST, data);
    }

    private batch_normalization_forward.primitive_desc trainingDescription() {
      return description(dnnl.prop_kind.forward_training.value, flags());
    }

    private batch_normalization_forward.primitive_desc description(int kind, int flags) {
      return new batch_normalization_forward.primitive_desc(
          new batch_normalization_forward.desc(kind, data, epsilon, flags),
          DnnlRuntime.get().cpu());
    }

    private int flags() {
      int affine = dnnl.dnnl_use_scale | dnnl.dnnl_use_shift;
      return rectifier == Rectifier.RELU ? affine | dnnl.dnnl_fuse_norm_relu : affine;
    }
  }
}
