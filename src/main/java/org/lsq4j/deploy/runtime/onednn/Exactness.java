package org.lsq4j.deploy.runtime.onednn;

import org.lsq4j.compute.dnnl.DnnlRuntime;
import org.lsq4j.deploy.graph.Operation.Product;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.deploy.runtime.Step;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.quantizer.CodeSign;

/** Whether oneDNN's 8-bit products are exact on this processor. */
final class Exactness {

  /** Processors without VNNI add two products in 16 bits, with saturation. */
  private static final int PAIR_LIMIT = 32767;

  private Exactness() {}

  static boolean isExact(Step step) {
    if (DnnlRuntime.sumsProductsExactly(DnnlRuntime.get().instructionSet())) {
      return true;
    }
    Quantizer input = step.input().tensor().quantizer().orElseThrow();
    Product product = (Product) step.operation();
    CodeRange weights =
        CodeRange.of(product.weights().bits(), CodeSign.SIGNED, product.weights().span());
    // Without VNNI oneDNN halves the weights of signed inputs.
    return !input.isSigned() && 2 * input.range().highest() * -weights.lowest() <= PAIR_LIMIT;
  }
}
