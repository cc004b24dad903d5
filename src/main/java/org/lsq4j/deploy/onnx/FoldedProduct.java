package org.lsq4j.deploy.onnx;

import java.util.Arrays;
import java.util.Optional;
import org.lsq4j.deploy.graph.Affine;
import org.lsq4j.deploy.graph.Operation.Product;
import org.lsq4j.deploy.graph.Weights;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.quantizer.CodeSign;

/**
 * A convolution or dense layer as ONNX has it: codes, a positive scale, a bias. The factors of a
 * folded batch norm go into the scales. ONNX has no negative scales: the codes change their sign
 * instead. Where a code is the lowest of its range, which has no opposite, the factors stay behind
 * the product.
 *
 * @param codes in the graph's order
 * @param scales one, or one for each output channel
 * @param bias of each output channel
 * @param factors what the product is multiplied by before the bias; empty if that is 1
 */
@SuppressWarnings("ArrayRecordComponent") // read once, never compared
record FoldedProduct(byte[] codes, float[] scales, float[] bias, Optional<float[]> factors) {

  static FoldedProduct of(Product product) {
    Weights weights = product.weights();
    Affine affine = product.affine();
    float[] bias = new float[affine.channels()];
    float[] factors = new float[affine.channels()];
    for (int c = 0; c < bias.length; c++) {
      bias[c] = affine.addend(c);
      factors[c] = affine.factor(c);
    }
    if (!affine.hasFactors()) {
      return new FoldedProduct(weights.codes(), weights.steps(), bias, Optional.empty());
    }
    return canFold(weights, factors)
        ? folded(weights, factors, bias)
        : new FoldedProduct(weights.codes(), weights.steps(), bias, Optional.of(factors));
  }

  private static boolean canFold(Weights weights, float[] factors) {
    int lowest = CodeRange.of(weights.bits(), CodeSign.SIGNED, weights.span()).lowest();
    int highest = CodeRange.of(weights.bits(), CodeSign.SIGNED, weights.span()).highest();
    for (int c = 0; c < factors.length; c++) {
      if (!Float.isFinite(weights.step(c) * factors[c])) {
        return false;
      }
      for (int i = 0; factors[c] < 0 && i < weights.perOutput(); i++) {
        if (weights.code(c, i) == lowest && -lowest > highest) {
          return false;
        }
      }
    }
    return true;
  }

  private static FoldedProduct folded(Weights weights, float[] factors, float[] bias) {
    byte[] codes = weights.codes();
    float[] scales = new float[factors.length];
    int length = weights.perOutput();
    for (int c = 0; c < scales.length; c++) {
      scales[c] = weights.step(c) * Math.abs(factors[c]);
      if (scales[c] < Float.MIN_NORMAL) {
        // Nothing that float can tell from 0 comes out; a scale must not be 0.
        scales[c] = weights.step(c);
        Arrays.fill(codes, c * length, (c + 1) * length, (byte) 0);
      }
      for (int i = c * length; factors[c] < 0 && i < (c + 1) * length; i++) {
        codes[i] = (byte) -codes[i];
      }
    }
    return new FoldedProduct(codes, scales, bias, Optional.empty());
  }

  boolean hasBias() {
    for (float value : bias) {
      if (value != 0) {
        return true;
      }
    }
    return false;
  }

  boolean isPerChannel() {
    return scales.length > 1;
  }

  float scale(int channel) {
    return scales[isPerChannel() ? channel : 0];
  }
}
