package org.lsq4j.compute.onednn;

import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.lsq4j.compute.dnnl.Descriptors;
import org.lsq4j.compute.dnnl.DnnlRuntime;

/** Copies a tensor to another element type or layout, times a factor that may change. */
final class ScaledReorder {

  private static final memory.desc ONE = Descriptors.dense(1);

  private final FloatPointer factor = new FloatPointer(1);
  private final Invocation operation;

  ScaledReorder(memory.desc from, memory.desc to) {
    primitive_attr attributes = new primitive_attr();
    attributes.set_output_scales(0, new float[] {(float) dnnl.DNNL_RUNTIME_F32_VAL()});
    engine cpu = DnnlRuntime.get().cpu();
    reorder chosen = new reorder(new reorder.primitive_desc(cpu, from, cpu, to, attributes, true));
    operation =
        new Invocation(chosen)
            .tensor(dnnl.DNNL_ARG_FROM, from)
            .tensor(dnnl.DNNL_ARG_TO, to)
            .fixed(dnnl.DNNL_ARG_ATTR_OUTPUT_SCALES, new memory(ONE, cpu, factor));
  }

  void run(Pointer from, Pointer to, float newFactor) {
    factor.put(newFactor);
    operation.run(from, to);
  }
}
