package org.lsq4j.deploy.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.CodeSpan;

/**
 * Replaces QONNX's {@code Quant} nodes by standard ones of the same meaning: ONNX Runtime has none.
 */
final class QuantExpansion {

  private static final int INPUTS = 4;

  private final Map<String, TensorProto> initializers = new HashMap<>();
  private final OnnxNodes nodes = new OnnxNodes();

  private QuantExpansion(GraphProto graph) {
    graph.getInitializerList().forEach(tensor -> initializers.put(tensor.getName(), tensor));
  }

  static boolean isQuant(NodeProto node) {
    return node.getDomain().equals(QonnxQuantizers.DOMAIN)
        && node.getOpType().equals(QonnxQuantizers.OPERATOR);
  }

  static ModelProto expanded(ModelProto model) {
    GraphProto graph = model.getGraph();
    if (graph.getNodeList().stream().noneMatch(QuantExpansion::isQuant)) {
      return model;
    }
    QuantExpansion expansion = new QuantExpansion(graph);
    graph.getNodeList().forEach(expansion::add);
    GraphProto.Builder added = expansion.nodes.graph();
    GraphProto.Builder replaced =
        graph.toBuilder()
            .clearNode()
            .addAllNode(added.getNodeList())
            .addAllInitializer(added.getInitializerList());
    return model.toBuilder().setGraph(replaced).build();
  }

  private void add(NodeProto node) {
    if (!isQuant(node)) {
      nodes.graph().addNode(node);
      return;
    }
    CodeRange range = range(node, initializers);
    String name = node.getName() + "/quant";
    String scale = node.getInput(1);
    String zeroPoint = node.getInput(2);
    String low = nodes.scalar(name + ".min", range.lowest());
    String high = nodes.scalar(name + ".max", range.highest());
    String scaled = nodes.add(name + "/divide", "Div", List.of(node.getInput(0), scale));
    String moved = nodes.add(name + "/add", "Add", List.of(scaled, zeroPoint));
    String clipped = nodes.add(name + "/clip", "Clip", List.of(moved, low, high));
    String rounded = nodes.add(name + "/round", "Round", List.of(clipped));
    String back = nodes.add(name + "/subtract", "Sub", List.of(rounded, zeroPoint));
    nodes.add(name + "/multiply", "Mul", List.of(back, scale));
    int last = nodes.graph().getNodeCount() - 1;
    nodes.graph().getNodeBuilder(last).setOutput(0, node.getOutput(0));
  }

  /** The codes of a {@code Quant} node. */
  static CodeRange range(NodeProto node, Map<String, TensorProto> initializers) {
    TensorProto bits =
        node.getInputCount() == INPUTS ? initializers.get(node.getInput(INPUTS - 1)) : null;
    if (bits == null) {
      throw new OnnxFileException("its node " + node.getName() + " does not say its bits");
    }
    try {
      return CodeRange.of(
          (int) firstFloat(bits),
          flag(node, "signed") ? CodeSign.SIGNED : CodeSign.UNSIGNED,
          flag(node, "narrow") ? CodeSpan.NARROW : CodeSpan.FULL);
    } catch (IllegalArgumentException e) {
      throw new OnnxFileException("its node " + node.getName() + " is wrong: " + e.getMessage(), e);
    }
  }

  private static boolean flag(NodeProto node, String name) {
    return node.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals(name))
        .mapToLong(AttributeProto::getI)
        .anyMatch(value -> value == 1);
  }

  static float firstFloat(TensorProto tensor) {
    return floats(tensor)[0];
  }

  /** The numbers of a float tensor; at least one. */
  static float[] floats(TensorProto tensor) {
    if (tensor.getRawData().size() < Float.BYTES) {
      throw new OnnxFileException("its tensor " + tensor.getName() + " has no float numbers");
    }
    float[] values = new float[tensor.getRawData().size() / Float.BYTES];
    tensor
        .getRawData()
        .asReadOnlyByteBuffer()
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(values);
    return values;
  }
}
