package org.lsq4j.compute.onednn;

import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.lsq4j.quantizer.CodeRange;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Writes the codes round(clip(x / s, n, p)) of a tensor with one step, by one oneDNN primitive: a
 * division by a number that may change from step to step, a clip, and the conversion to bytes,
 * which rounds half to even.
 */
final class CodeWriter {

  private final DnnlRuntime runtime = DnnlRuntime.get();
  private final long length;
  private final binary operation;
  private final IntMemoryMap arguments = new IntMemoryMap();
  private final memory source;
  private final FloatPointer step = new FloatPointer(1);
  private final BytePointer codes;

  CodeWriter(long length, CodeRange range) {
    this.length = length;
    codes = new BytePointer(length);
    memory.desc values = Descriptors.dense(length);
    memory.desc one = Descriptors.dense(1);
    memory.data_type type = range.lowest() < 0 ? memory.data_type.s8 : memory.data_type.u8;
    memory.desc bytes = Descriptors.dense(type, length);
    post_ops clip = new post_ops();
    clip.append_eltwise(1f, dnnl.algorithm.eltwise_clip.value, range.lowest(), range.highest());
    primitive_attr attributes = new primitive_attr();
    attributes.set_post_ops(clip);
    operation =
        new binary(
            new binary.primitive_desc(
                new binary.desc(dnnl.algorithm.binary_div.value, values, one, bytes),
                attributes,
                runtime.cpu()));
    source = new memory(values, runtime.cpu(), new org.bytedeco.javacpp.Pointer());
    arguments.put(dnnl.DNNL_ARG_SRC_0, source);
    arguments.put(dnnl.DNNL_ARG_SRC_1, new memory(one, runtime.cpu(), step));
    arguments.put(dnnl.DNNL_ARG_DST, new memory(bytes, runtime.cpu(), codes));
  }

  long length() {
    return length;
  }

  /** The codes of a row-major tensor; valid until the next call. */
  BytePointer write(INDArray x, float newStep) {
    step.put(newStep);
    source.set_data_handle(DenseTensors.pointer(x));
    runtime.run(operation, arguments);
    return codes;
  }
}
