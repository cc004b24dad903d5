package org.lsq4j.compute.onednn;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.javacpp.Pointer;
import org.lsq4j.compute.dnnl.Descriptors;
import org.lsq4j.compute.dnnl.DnnlRuntime;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Copies float tensors [N, H, W, C] from one layout to another. */
final class LayoutCopies {

  private final Plans<Kind, Invocation> plans = new Plans<>();

  private record Kind(List<Long> shape, Layout from, Layout to) {}

  /**
   * Copies a tensor.
   *
   * @param tensor of its shape
   */
  void copy(INDArray tensor, Place from, Place to) {
    List<Long> shape = Arrays.stream(tensor.shape()).boxed().toList();
    plans
        .get(
            new Kind(shape, from.layout, to.layout),
            () -> plan(tensor.shape(), from.layout, to.layout))
        .run(from.first, to.first);
  }

  /**
   * Where a tensor is.
   *
   * @param first its first float
   */
  record Place(Pointer first, Layout layout) {}

  private static Invocation plan(long[] shape, Layout from, Layout to) {
    DnnlRuntime runtime = DnnlRuntime.get();
    memory.desc source = description(shape, from);
    memory.desc target = description(shape, to);
    return new Invocation(
            new reorder(
                new reorder.primitive_desc(
                    runtime.cpu(), source, runtime.cpu(), target, runtime.attributes(), false)))
        .tensor(dnnl.DNNL_ARG_FROM, source)
        .tensor(dnnl.DNNL_ARG_TO, target);
  }

  private static memory.desc description(long[] shape, Layout layout) {
    long[] sizes = {shape[0], shape[3], shape[1], shape[2]};
    return layout == Layout.CHANNEL_BLOCKS
        ? Descriptors.channelBlocks(sizes)
        : Descriptors.channelsLast(memory.data_type.f32, sizes);
  }
}
