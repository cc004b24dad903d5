package org.lsq4j.compute.onednn;

import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.lsq4j.compute.dnnl.Descriptors;
import org.lsq4j.compute.dnnl.DnnlRuntime;
import org.lsq4j.quantizer.CodeRange;

/**
 * Writes the codes round(clip((x - z) / s, n, p)) of a tensor with one step and one offset, and
 * code * s, each by one oneDNN primitive: the conversion to bytes rounds half to even. Step and
 * offset may change from call to call.
 */
final class TensorCoder {

  private static final memory.desc ONE = Descriptors.dense(1);

  private final long length;
  private final CodeRange range;
  private final memory.data_type codeType;
  private final memory.desc bytes;
  private final memory.desc floats;
  private final FloatPointer step = new FloatPointer(1);
  private final FloatPointer offset = new FloatPointer(1);
  private final Invocation encode;
  private final ScaledReorder decode;
  private final BytePointer codes;

  TensorCoder(long length, CodeRange range) {
    this.length = length;
    this.range = range;
    codeType = range.lowest() < 0 ? memory.data_type.s8 : memory.data_type.u8;
    floats = Descriptors.dense(length);
    bytes = Descriptors.dense(codeType, length);
    codes = new BytePointer(length);
    encode = encoder();
    decode = new ScaledReorder(bytes, floats);
  }

  private Invocation encoder() {
    post_ops divideAndClip = new post_ops();
    divideAndClip.append_binary(dnnl.algorithm.binary_div.value, ONE);
    divideAndClip.append_eltwise(
        1f, dnnl.algorithm.eltwise_clip.value, range.lowest(), range.highest());
    primitive_attr attributes = new primitive_attr();
    attributes.set_post_ops(divideAndClip);
    binary operation =
        new binary(
            new binary.primitive_desc(
                new binary.desc(dnnl.algorithm.binary_sub.value, floats, ONE, bytes),
                attributes,
                DnnlRuntime.get().cpu()));
    return new Invocation(operation)
        .tensor(dnnl.DNNL_ARG_SRC_0, floats)
        .tensor(dnnl.DNNL_ARG_DST, bytes)
        .fixed(dnnl.DNNL_ARG_SRC_1, scalar(offset))
        .fixed(Invocation.postOperand(0), scalar(step));
  }

  private static memory scalar(FloatPointer value) {
    return new memory(ONE, DnnlRuntime.get().cpu(), value);
  }

  /** Whether it was made for such a tensor and such codes. */
  boolean fits(long wantedLength, CodeRange wantedRange) {
    return length == wantedLength && range.equals(wantedRange);
  }

  /** The codes of a row-major tensor; valid until the next call. */
  BytePointer encode(Pointer x, float newStep, float newOffset) {
    step.put(newStep);
    offset.put(newOffset);
    encode.run(x, codes);
    return codes;
  }

  /** The memory of the codes, for who makes them with a step and without offset. */
  BytePointer codesOf(float newStep) {
    step.put(newStep);
    return codes;
  }

  /** Writes code * s for the last codes and their step. */
  void decode(Pointer values) {
    decode.run(codes, values, step.get());
  }
}
