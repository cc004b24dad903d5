package org.lsq4j.deploy.onnx;

import static org.lsq4j.deploy.onnx.OnnxNodes.attribute;

import ai.onnx.proto.OnnxMl.AttributeProto;
import java.util.List;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.quantizer.CodeSpan;

/**
 * {@code Quant} nodes: (clip(round(x / scale + zero point)) - zero point) * scale. Their zero point
 * is a float, so every offset is possible. Weights are float: code * scale.
 */
final class QonnxQuantizers implements Quantizers {

  static final String DOMAIN = "qonnx.custom_op.general";
  static final String OPERATOR = "Quant";

  private final OnnxNodes nodes;

  QonnxQuantizers(OnnxNodes nodes) {
    this.nodes = nodes;
  }

  @Override
  public String activations(String name, String source, Quantizer quantizer) {
    List<String> inputs =
        List.of(
            source,
            nodes.scalar(name + ".scale", quantizer.step()),
            nodes.scalar(name + ".zero_point", 0 - quantizer.offset().steps()),
            nodes.scalar(name + ".bits", quantizer.bits()));
    return quant(name, inputs, quantizer.isSigned(), quantizer.span() == CodeSpan.NARROW);
  }

  @Override
  public String weights(String name, WeightTensor weights) {
    List<String> inputs =
        List.of(
            nodes.floats(name + ".weight", weights.values(), weights.sizes()),
            nodes.floats(name + ".weight_scale", weights.scales(), weights.scaleSizes()),
            nodes.scalar(name + ".weight_zero_point", 0),
            nodes.scalar(name + ".weight_bits", weights.bits()));
    return quant(name + "/weight", inputs, true, weights.isNarrow());
  }

  private String quant(String name, List<String> inputs, boolean isSigned, boolean isNarrow) {
    AttributeProto[] attributes = {
      attribute("signed", isSigned ? 1 : 0),
      attribute("narrow", isNarrow ? 1 : 0),
      attribute("rounding_mode", "ROUND")
    };
    return nodes.add(DOMAIN, name, OPERATOR, inputs, attributes);
  }
}
