package org.lsq4j.compute.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.eltwise_backward;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.javacpp.Pointer;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.compute.SumKernel;
import org.lsq4j.compute.dnnl.Descriptors;
import org.lsq4j.compute.dnnl.DnnlRuntime;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Sums and rectifiers by oneDNN, each addition and the rectifier behind the last in one pass. */
final class DnnlSum implements SumKernel {

  private final Rectifier rectifier;
  private final SumKernel portable;
  private final Plans<Long, Plan> plans = new Plans<>();

  DnnlSum(Rectifier rectifier, SumKernel portable) {
    this.rectifier = rectifier;
    this.portable = portable;
  }

  @Override
  public void forward(List<INDArray> terms, INDArray y) {
    if (areAlike(y, terms)) {
      plan(y).forward(pointers(terms), DenseTensors.pointer(y));
    } else {
      portable.forward(terms, y);
    }
  }

  @Override
  public void backward(INDArray y, INDArray dy, List<INDArray> gradients) {
    if (areAlike(y, gradients) && areAlike(y, List.of(dy))) {
      plan(y).backward(DenseTensors.pointer(y), DenseTensors.pointer(dy), pointers(gradients));
    } else {
      portable.backward(y, dy, gradients);
    }
  }

  private static List<Pointer> pointers(List<INDArray> arrays) {
    return arrays.stream().map(DenseTensors::pointer).toList();
  }

  private static boolean areAlike(INDArray y, List<INDArray> others) {
    return DenseTensors.areAlike(y, others.toArray(INDArray[]::new));
  }

  private Plan plan(INDArray y) {
    return plans.get(y.length(), () -> new Plan(y.length()));
  }

  /** The primitives for one number of elements. */
  private final class Plan {
    private final engine cpu = DnnlRuntime.get().cpu();
    private final memory.desc values;
    private final Invocation copy;
    private final Invocation add;
    private final Invocation addLast;
    private final Invocation rectify;
    private final Invocation backprop;

    Plan(long length) {
      values = Descriptors.dense(length);
      copy =
          new Invocation(new reorder(new reorder.primitive_desc(cpu, values, cpu, values)))
              .tensor(dnnl.DNNL_ARG_FROM, values)
              .tensor(dnnl.DNNL_ARG_TO, values);
      add = addition(new post_ops());
      if (rectifier == Rectifier.RELU) {
        post_ops relu = new post_ops();
        relu.append_eltwise(1f, dnnl.algorithm.eltwise_relu.value, 0f, 0f);
        addLast = addition(relu);
        rectify = rectification();
        backprop = backpropagation();
      } else {
        addLast = add;
        rectify = copy;
        backprop = null;
      }
    }

    private Invocation addition(post_ops behind) {
      primitive_attr attributes = new primitive_attr();
      attributes.set_post_ops(behind);
      binary.desc description =
          new binary.desc(dnnl.algorithm.binary_add.value, values, values, values);
      return new Invocation(new binary(new binary.primitive_desc(description, attributes, cpu)))
          .tensor(dnnl.DNNL_ARG_SRC_0, values)
          .tensor(dnnl.DNNL_ARG_SRC_1, values)
          .tensor(dnnl.DNNL_ARG_DST, values);
    }

    private Invocation rectification() {
      return new Invocation(new eltwise_forward(rectificationDescription()))
          .tensor(dnnl.DNNL_ARG_SRC, values)
          .tensor(dnnl.DNNL_ARG_DST, values);
    }

    /** From the result, which is positive exactly where the sum is. */
    private Invocation backpropagation() {
      eltwise_backward.desc description =
          new eltwise_backward.desc(
              dnnl.algorithm.eltwise_relu_use_dst_for_bwd.value, values, values, 0f, 0f);
      return new Invocation(
              new eltwise_backward(
                  new eltwise_backward.primitive_desc(
                      description, cpu, rectificationDescription())))
          .tensor(dnnl.DNNL_ARG_DST, values)
          .tensor(dnnl.DNNL_ARG_DIFF_DST, values)
          .tensor(dnnl.DNNL_ARG_DIFF_SRC, values);
    }

    private eltwise_forward.primitive_desc rectificationDescription() {
      return new eltwise_forward.primitive_desc(
          new eltwise_forward.desc(
              dnnl.prop_kind.forward_training.value,
              dnnl.algorithm.eltwise_relu_use_dst_for_bwd.value,
              values,
              0f,
              0f),
          cpu);
    }

    void forward(List<Pointer> terms, Pointer y) {
      if (terms.size() == 1) {
        rectify.run(terms.get(0), y);
        return;
      }
      List<Pointer> left = new ArrayList<>(terms);
      Pointer sum = left.remove(0);
      while (left.size() > 1) {
        add.run(sum, left.remove(0), y);
        sum = y;
      }
      addLast.run(sum, left.get(0), y);
    }

    void backward(Pointer y, Pointer dy, List<Pointer> gradients) {
      Pointer first = dy;
      int done = 0;
      if (rectifier == Rectifier.RELU) {
        first = gradients.get(0);
        backprop.run(y, dy, first);
        done = 1;
      }
      for (Pointer gradient : gradients.subList(done, gradients.size())) {
        copy.run(first, gradient);
      }
    }
  }
}
