package org.lsq4j.compute.onednn;

import java.lang.ref.Reference;
import java.util.Arrays;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.pooling_backward;
import org.bytedeco.dnnl.pooling_forward;
import org.lsq4j.compute.PoolingGeometry;
import org.lsq4j.compute.PoolingKernel;
import org.lsq4j.compute.PoolingKind;
import org.lsq4j.compute.dnnl.Descriptors;
import org.lsq4j.compute.dnnl.DnnlRuntime;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Pooling by oneDNN, in the caller's layout. Remembers where each maximum was found. */
final class DnnlPooling implements PoolingKernel {

  private final PoolingGeometry geometry;
  private final PoolingKernel portable;
  private final Plans<String, Plan> plans = new Plans<>();

  DnnlPooling(PoolingGeometry geometry, PoolingKernel portable) {
    this.geometry = geometry;
    this.portable = portable;
  }

  @Override
  public void forwardInference(INDArray x, INDArray y) {
    if (isComputed(x)) {
      run(plan(x).inference(), x, y);
    } else {
      portable.forwardInference(x, y);
    }
  }

  @Override
  public void forwardTraining(INDArray x, INDArray y) {
    if (isComputed(x)) {
      run(plan(x).training(), x, y);
    } else {
      portable.forwardTraining(x, y);
    }
  }

  @Override
  public void backward(INDArray x, INDArray dy, INDArray dx) {
    if (isComputed(x)) {
      run(plan(x).backward(), dy, dx);
    } else {
      portable.backward(x, dy, dx);
    }
  }

  /** By its type only, so that a backward pass is computed by whom the forward pass was. */
  private static boolean isComputed(INDArray x) {
    return x.dataType() == DataType.FLOAT;
  }

  private static void run(Invocation operation, INDArray from, INDArray to) {
    INDArray source = DenseTensors.rowMajor(from);
    DenseTensors.fill(to, target -> operation.run(DenseTensors.pointers(source, target)));
    // A copy that only its address was taken of could be collected while it is read.
    Reference.reachabilityFence(source);
  }

  private Plan plan(INDArray x) {
    return plans.get(Arrays.toString(x.shape()), () -> new Plan(x.shape()));
  }

  /** The primitives for one shape, made when first used. */
  private final class Plan {
    private final engine cpu = DnnlRuntime.get().cpu();
    private final memory.desc input;
    private final memory.desc output;
    private final long[] strides;
    private final long[] kernel;
    private final long[] before;
    private final long[] behind;
    private Invocation inference;
    private Invocation training;
    private Invocation backward;

    /** Where the maxima of the last forward pass were; null if the gradient does not depend. */
    private memory places;

    Plan(long[] shape) {
      long[] outputShape = geometry.outputShape(shape);
      int h = geometry.heightAxis();
      input = images(shape);
      output = images(outputShape);
      strides = new long[] {geometry.stride().height(), geometry.stride().width()};
      kernel = new long[] {geometry.kernel().height(), geometry.kernel().width()};
      before = new long[] {geometry.padding().top(), geometry.padding().left()};
      behind = new long[] {behind(shape, outputShape, h, 0), behind(shape, outputShape, h + 1, 1)};
    }

    private memory.desc images(long[] shape) {
      return Descriptors.images(memory.data_type.f32, geometry.channelAxis(), shape);
    }

    /** The padding that the output size implies: negative where no window reaches. */
    private long behind(long[] in, long[] out, int axis, int index) {
      return (out[axis] - 1) * strides[index] + kernel[index] - in[axis] - before[index];
    }

    Invocation inference() {
      if (inference == null) {
        inference = forward(description(dnnl.prop_kind.forward_inference.value));
      }
      return inference;
    }

    Invocation training() {
      if (training == null) {
        pooling_forward.primitive_desc description = trainingDescription();
        training = forward(description);
        if (geometry.kind() == PoolingKind.MAXIMUM) {
          places = new memory(description.workspace_desc(), cpu);
          training.fixed(dnnl.DNNL_ARG_WORKSPACE, places);
        }
      }
      return training;
    }

    Invocation backward() {
      if (backward == null) {
        backward =
            new Invocation(
                    new pooling_backward(
                        new pooling_backward.primitive_desc(
                            new pooling_backward.desc(
                                algorithm(), input, output, strides, kernel, before, behind),
                            cpu,
                            trainingDescription())))
                .tensor(dnnl.DNNL_ARG_DIFF_DST, output)
                .tensor(dnnl.DNNL_ARG_DIFF_SRC, input);
        if (places != null) {
          backward.fixed(dnnl.DNNL_ARG_WORKSPACE, places);
        }
      }
      return backward;
    }

    private Invocation forward(pooling_forward.primitive_desc description) {
      return new Invocation(new pooling_forward(description))
          .tensor(dnnl.DNNL_ARG_SRC, input)
          .tensor(dnnl.DNNL_ARG_DST, output);
    }

    private pooling_forward.primitive_desc trainingDescription() {
      return description(dnnl.prop_kind.forward_training.value);
    }

    private pooling_forward.primitive_desc description(int propagation) {
      return new pooling_forward.primitive_desc(
          new pooling_forward.desc(
              propagation, algorithm(), input, output, strides, kernel, before, behind),
          cpu);
    }

    private int algorithm() {
      return switch (geometry.kind()) {
        case MAXIMUM -> dnnl.algorithm.pooling_max.value;
        case AVERAGE -> dnnl.algorithm.pooling_avg_exclude_padding.value;
        case AVERAGE_WITH_PADDING -> dnnl.algorithm.pooling_avg_include_padding.value;
      };
    }
  }
}
