package org.lsq4j.deploy.runtime.onednn;

import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.pooling_forward;
import org.lsq4j.compute.Size2D;
import org.lsq4j.compute.dnnl.DnnlRuntime;
import org.lsq4j.deploy.graph.Operation.Pool;
import org.lsq4j.deploy.graph.Operation.PoolKind;
import org.lsq4j.deploy.graph.Shape;
import org.lsq4j.deploy.graph.Window;
import org.lsq4j.deploy.runtime.Step;

/** Maximum pooling. */
final class PoolStep {

  private PoolStep() {}

  /** Whether there is a primitive: the order in which it adds for an average is not known. */
  static boolean computes(Pool pool) {
    return pool.kind() == PoolKind.MAXIMUM && pool.window().dilation().equals(Size2D.ONE);
  }

  static NativeStep of(Step step, Pool pool, int examples) {
    Shape input = step.input().shape();
    Window window = pool.window();
    Shape output = window.over(input, input.channels());
    memory.desc from = Layouts.of(step.input(), examples);
    memory.desc to = Layouts.image(Layouts.type(step.output().tensor()), output, examples);
    pooling_forward operation =
        new pooling_forward(
            new pooling_forward.primitive_desc(
                new pooling_forward.desc(
                    dnnl.prop_kind.forward_inference.value,
                    dnnl.algorithm.pooling_max.value,
                    from,
                    to,
                    pair(window.stride()),
                    pair(window.kernel()),
                    Paddings.before(window),
                    Paddings.behind(window, input, output)),
                DnnlRuntime.get().cpu()));
    return memory ->
        new Call(operation)
            .with(dnnl.DNNL_ARG_SRC, memory.of(step.input(), from))
            .with(dnnl.DNNL_ARG_DST, memory.of(step.output(), to));
  }

  private static long[] pair(Size2D size) {
    return new long[] {size.height(), size.width()};
  }
}
