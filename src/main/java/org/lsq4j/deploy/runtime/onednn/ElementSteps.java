package org.lsq4j.deploy.runtime.onednn;

import java.util.List;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.javacpp.FloatPointer;
import org.lsq4j.compute.dnnl.Descriptors;
import org.lsq4j.compute.dnnl.DnnlRuntime;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.deploy.runtime.Step;

/** Steps that compute each element by itself. */
final class ElementSteps {

  private static final memory.desc ONE = Descriptors.dense(1);

  private ElementSteps() {}

  /** Real numbers to codes. */
  static NativeStep quantize(Step step, int examples) {
    Quantizer quantizer = step.output().tensor().quantizer().orElseThrow();
    PostOperations rounding = new PostOperations().round(quantizer, Float.NEGATIVE_INFINITY, 1);
    memory.desc from = Layouts.flat(step.input(), examples);
    memory.desc to = Layouts.flat(step.output(), examples);
    binary operation = binary(dnnl.algorithm.binary_mul, List.of(from, ONE, to), rounding);
    FloatPointer factor = new FloatPointer(new float[] {quantizer.inverseStep()});
    return memory ->
        rounding.bind(
            new Call(operation)
                .with(dnnl.DNNL_ARG_SRC_0, memory.of(step.input(), from))
                .constant(dnnl.DNNL_ARG_SRC_1, ONE, factor)
                .with(dnnl.DNNL_ARG_DST, memory.of(step.output(), to)));
  }

  /** The sum of two tensors. */
  static NativeStep add(Step step, int examples) {
    memory.desc term = Layouts.flat(step.input(), examples);
    memory.desc sum = Layouts.flat(step.output(), examples);
    PostOperations finish = new PostOperations().finish(step.finish(), 1);
    binary operation = binary(dnnl.algorithm.binary_add, List.of(term, term, sum), finish);
    return memory ->
        finish.bind(
            new Call(operation)
                .with(dnnl.DNNL_ARG_SRC_0, memory.of(step.inputs().get(0), term))
                .with(dnnl.DNNL_ARG_SRC_1, memory.of(step.inputs().get(1), term))
                .with(dnnl.DNNL_ARG_DST, memory.of(step.output(), sum)));
  }

  /**
   * An operation on two tensors.
   *
   * @param layouts of both and of the result
   */
  static binary binary(
      dnnl.algorithm algorithm, List<memory.desc> layouts, PostOperations operations) {
    primitive_attr attributes = new primitive_attr();
    attributes.set_post_ops(operations.operations());
    return new binary(
        new binary.primitive_desc(
            new binary.desc(algorithm.value, layouts.get(0), layouts.get(1), layouts.get(2)),
            attributes,
            DnnlRuntime.get().cpu()));
  }
}
