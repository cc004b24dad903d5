package org.lsq4j.deploy.runtime.onednn;

import org.bytedeco.dnnl.memory;
import org.lsq4j.compute.dnnl.Descriptors;
import org.lsq4j.deploy.graph.Shape;
import org.lsq4j.deploy.graph.Tensor;
import org.lsq4j.deploy.runtime.Operand;

/** Descriptions of a program's tensors. */
final class Layouts {

  private Layouts() {}

  /** Bytes for codes, floats for real numbers. */
  static memory.data_type type(Tensor tensor) {
    return tensor
        .quantizer()
        .map(quantizer -> quantizer.isSigned() ? memory.data_type.s8 : memory.data_type.u8)
        .orElse(memory.data_type.f32);
  }

  /** An operand of a number of examples, channels last. */
  static memory.desc of(Operand operand, int examples) {
    return image(type(operand.tensor()), operand.shape(), examples);
  }

  /** Images, channels last. */
  static memory.desc image(memory.data_type type, Shape shape, int examples) {
    return Descriptors.channelsLast(type, sizes(shape, examples));
  }

  /** [N, C, H, W]. */
  static long[] sizes(Shape shape, int examples) {
    return new long[] {examples, shape.channels(), shape.height(), shape.width()};
  }

  /** All elements in a row, for operations to which their places mean nothing. */
  static memory.desc flat(Operand operand, int examples) {
    return Descriptors.dense(type(operand.tensor()), (long) operand.size() * examples);
  }
}
