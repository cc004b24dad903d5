package org.lsq4j.compute.onednn;

import org.bytedeco.dnnl.eltwise_backward;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.lsq4j.compute.ActivationKernel;
import org.lsq4j.compute.dnnl.Descriptors;
import org.lsq4j.compute.dnnl.DnnlRuntime;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Swish by oneDNN, one pass forward and one backward. */
final class DnnlSwish implements ActivationKernel {

  private static final float FACTOR_IN_SIGMOID = 1;

  private final ActivationKernel portable;
  private final Plans<Long, Plan> plans = new Plans<>();

  DnnlSwish(ActivationKernel portable) {
    this.portable = portable;
  }

  @Override
  public void forward(INDArray x, INDArray y) {
    if (DenseTensors.areAlike(x, y)) {
      plan(x).forward.run(DenseTensors.pointers(x, y));
    } else {
      portable.forward(x, y);
    }
  }

  @Override
  public void backward(INDArray x, INDArray dy, INDArray dx) {
    if (DenseTensors.areAlike(x, dy, dx)) {
      plan(x).backward.run(DenseTensors.pointers(x, dy, dx));
    } else {
      portable.backward(x, dy, dx);
    }
  }

  private Plan plan(INDArray x) {
    return plans.get(x.length(), () -> new Plan(x.length()));
  }

  /** The primitives for one number of elements. */
  private static final class Plan {
    private final Invocation forward;
    private final Invocation backward;

    Plan(long length) {
      engine cpu = DnnlRuntime.get().cpu();
      memory.desc values = Descriptors.dense(length);
      int swish = dnnl.algorithm.eltwise_swish.value;
      eltwise_forward.primitive_desc description =
          new eltwise_forward.primitive_desc(
              new eltwise_forward.desc(
                  dnnl.prop_kind.forward_training.value, swish, values, FACTOR_IN_SIGMOID, 0f),
              cpu);
      forward =
          new Invocation(new eltwise_forward(description))
              .tensor(dnnl.DNNL_ARG_SRC, values)
              .tensor(dnnl.DNNL_ARG_DST, values);
      backward =
          new Invocation(
                  new eltwise_backward(
                      new eltwise_backward.primitive_desc(
                          new eltwise_backward.desc(swish, values, values, FACTOR_IN_SIGMOID, 0f),
                          cpu,
                          description)))
              .tensor(dnnl.DNNL_ARG_SRC, values)
              .tensor(dnnl.DNNL_ARG_DIFF_DST, values)
              .tensor(dnnl.DNNL_ARG_DIFF_SRC, values);
    }
  }
}
