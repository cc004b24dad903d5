package org.lsq4j.deploy.onnx;

import static org.lsq4j.deploy.onnx.OnnxNodes.attribute;

import ai.onnx.proto.OnnxMl.AttributeProto;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.lsq4j.deploy.graph.Offset;
import org.lsq4j.deploy.graph.Quantizer;

/**
 * QuantizeLinear, Clip where the type's range is wider than the quantizer's, DequantizeLinear. An
 * offset that is no integer, or does not fit 8 bits, is subtracted before and added behind.
 */
final class QdqQuantizers implements Quantizers {

  private static final int FOUR_BITS = 4;

  private final OnnxNodes nodes;
  private final boolean hasFourBitTypes;
  private final Map<String, Integer> weightBits = new LinkedHashMap<>();

  QdqQuantizers(OnnxNodes nodes, OnnxOptions options) {
    this.nodes = nodes;
    hasFourBitTypes = options.hasFourBitTypes();
  }

  /** Bits of the weights that were added, by the name of their codes: types do not tell them. */
  Map<String, Integer> weightBits() {
    return weightBits;
  }

  @Override
  public String activations(String name, String source, Quantizer quantizer) {
    Optional<CodeStorage> storage = CodeStorage.of(quantizer);
    if (storage.isPresent()) {
      return rounded(name, source, quantizer.step(), storage.get());
    }
    Quantizer centered =
        new Quantizer(
            quantizer.bits(), quantizer.sign(), quantizer.span(), quantizer.step(), Offset.NONE);
    String offset = nodes.scalar(name + ".offset", quantizer.offset().steps() * quantizer.step());
    String moved = nodes.add(name + "/subtract_offset", "Sub", List.of(source, offset));
    String result = rounded(name, moved, quantizer.step(), CodeStorage.of(centered).orElseThrow());
    return nodes.add(name + "/add_offset", "Add", List.of(result, offset));
  }

  private String rounded(String name, String source, float step, CodeStorage storage) {
    String scale = nodes.scalar(name + ".scale", step);
    String zeroPoint =
        nodes.codes(name + ".zero_point", storage.type(), new int[] {storage.zeroPoint()});
    String codes =
        nodes.add(name + "/quantize", "QuantizeLinear", List.of(source, scale, zeroPoint));
    if (!storage.isWholeType()) {
      String low = nodes.codes(name + ".min", storage.type(), new int[] {storage.lowest()});
      String high = nodes.codes(name + ".max", storage.type(), new int[] {storage.highest()});
      codes = nodes.add(name + "/clip", "Clip", List.of(codes, low, high));
    }
    return nodes.add(name + "/dequantize", "DequantizeLinear", List.of(codes, scale, zeroPoint));
  }

  /** ONNX Runtime (1.28) has integer products of 8-bit weights only. */
  @Override
  public boolean hasFloatProducts(int bits) {
    return hasFourBitTypes && bits <= FOUR_BITS;
  }

  @Override
  public String weights(String name, WeightTensor weights) {
    CodeType type = hasFloatProducts(weights.bits()) ? CodeType.INT4 : CodeType.INT8;
    boolean isPerChannel = weights.scales().length > 1;
    long[] sizes = isPerChannel ? new long[] {weights.scales().length} : new long[0];
    String codes = nodes.codes(name + ".weight", type, weights.codes(), weights.sizes());
    weightBits.put(codes, weights.bits());
    String scale = nodes.floats(name + ".weight_scale", weights.scales(), sizes);
    String zeroPoint =
        nodes.codes(name + ".weight_zero_point", type, new int[weights.scales().length], sizes);
    AttributeProto[] axis =
        isPerChannel ? new AttributeProto[] {attribute("axis", 0)} : new AttributeProto[0];
    return nodes.add(name + "/weight", "DequantizeLinear", List.of(codes, scale, zeroPoint), axis);
  }
}
