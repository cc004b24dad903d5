package org.lsq4j.deploy.onnx;

import org.lsq4j.deploy.graph.Quantizer;

/** Writes quantizers; what comes out are real numbers that codes stand for. */
interface Quantizers {

  /**
   * Quantizes activations.
   *
   * @param name of the quantizer
   * @param source real numbers
   * @return the name of the rounded ones
   */
  String activations(String name, String source, Quantizer quantizer);

  /**
   * Quantizes a node's result where the graph has no quantizer.
   *
   * @param number of the node
   * @param value what it became
   * @return the same, if nothing is quantized
   */
  default OnnxValue behind(int number, OnnxValue value) {
    return value;
  }

  /**
   * Adds weights.
   *
   * @param name of the layer
   * @return the name of the real numbers
   */
  String weights(String name, WeightTensor weights);

  /**
   * Whether products of such weights are float sums in any case. Their bias is then added behind
   * them, as an optimiser rounds that of a product to what integers could add.
   *
   * @param weightBits of a code
   */
  default boolean hasFloatProducts(int weightBits) {
    return false;
  }

  /**
   * Weights in ONNX's order.
   *
   * @param codes [output channels, ...]
   * @param scales one, or one for each output channel
   * @param bits of a code
   * @param isNarrow whether their range is narrow
   * @param sizes shape
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record WeightTensor(int[] codes, float[] scales, int bits, boolean isNarrow, long[] sizes) {
    /** The real numbers that the codes stand for. */
    float[] values() {
      int length = codes.length / scales.length;
      float[] values = new float[codes.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = codes[i] * scales[i / length];
      }
      return values;
    }

    /** The scales' shape, to be multiplied with the weights; none for a single scale. */
    long[] scaleSizes() {
      if (scales.length == 1) {
        return new long[0];
      }
      long[] shape = new long[sizes.length];
      java.util.Arrays.fill(shape, 1);
      shape[0] = scales.length;
      return shape;
    }
  }
}
