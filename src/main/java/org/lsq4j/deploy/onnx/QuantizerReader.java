package org.lsq4j.deploy.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.lsq4j.deploy.onnx.OnnxContents.OnnxQuantizer;
import org.lsq4j.quantizer.CodeRange;

/** Finds the quantizers of an ONNX graph of LSQ4J. */
final class QuantizerReader {

  private final GraphProto graph;
  private final Map<String, Integer> weightBits;
  private final Map<String, TensorProto> initializers = new HashMap<>();
  private final Map<String, NodeProto> clips = new HashMap<>();

  QuantizerReader(GraphProto graph, Map<String, Integer> weightBits) {
    this.graph = graph;
    this.weightBits = weightBits;
    graph.getInitializerList().forEach(tensor -> initializers.put(tensor.getName(), tensor));
    graph.getNodeList().stream()
        .filter(node -> node.getOpType().equals("Clip") && node.getInputCount() > 2)
        .forEach(node -> clips.put(node.getInput(0), node));
  }

  List<OnnxQuantizer> read() {
    List<OnnxQuantizer> found = new ArrayList<>();
    for (NodeProto node : graph.getNodeList()) {
      if (QuantExpansion.isQuant(node)) {
        found.add(quant(node));
      } else if (node.getOpType().equals("QuantizeLinear")) {
        found.add(activations(node));
      } else if (node.getOpType().equals("DequantizeLinear")
          && initializers.containsKey(input(node, 0))) {
        found.add(weights(node));
      }
    }
    return List.copyOf(found);
  }

  private static String input(NodeProto node, int index) {
    if (node.getInputCount() <= index) {
      throw new OnnxFileException("its node " + node.getName() + " has too few inputs");
    }
    return node.getInput(index);
  }

  private TensorProto initializer(NodeProto node, int index) {
    TensorProto tensor = initializers.get(input(node, index));
    if (tensor == null) {
      throw new OnnxFileException(
          "its node " + node.getName() + " does not get its input " + index + " from the file");
    }
    return tensor;
  }

  private OnnxQuantizer quant(NodeProto node) {
    CodeRange range = QuantExpansion.range(node, initializers);
    return new OnnxQuantizer(
        node.getName(),
        initializers.containsKey(input(node, 0)),
        "float",
        bits(range.highest() - range.lowest() + 1),
        range.lowest() < 0,
        scales(initializer(node, 1)),
        QuantExpansion.firstFloat(initializer(node, 2)));
  }

  private OnnxQuantizer activations(NodeProto node) {
    TensorProto zeroPoint = initializer(node, 2);
    CodeType type = CodeType.of(zeroPoint.getDataType());
    int lowest = type.lowest();
    int highest = type.highest();
    NodeProto clip = clips.get(node.getOutput(0));
    if (clip != null) {
      lowest = type.first(initializer(clip, 1).getRawData());
      highest = type.first(initializer(clip, 2).getRawData());
    }
    return new OnnxQuantizer(
        withoutEnd(node.getName(), "/quantize"),
        false,
        nameOf(type),
        bits(highest - lowest + 1),
        type.isSigned(),
        scales(initializer(node, 1)),
        type.first(zeroPoint.getRawData()));
  }

  private OnnxQuantizer weights(NodeProto node) {
    TensorProto codes = initializer(node, 0);
    CodeType type = CodeType.of(codes.getDataType());
    int typeBits = bits(type.highest() - type.lowest() + 1);
    return new OnnxQuantizer(
        node.getName(),
        true,
        nameOf(type),
        weightBits.getOrDefault(codes.getName(), typeBits),
        type.isSigned(),
        scales(initializer(node, 1)),
        0);
  }

  private static String nameOf(CodeType type) {
    return type.name().toLowerCase(Locale.ROOT);
  }

  private static String withoutEnd(String name, String end) {
    return name.endsWith(end) ? name.substring(0, name.length() - end.length()) : name;
  }

  /** Bits that so many codes need; a narrow range lacks one. */
  private static int bits(int levels) {
    return Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(1, levels - 1));
  }

  private static List<Double> scales(TensorProto tensor) {
    float[] values = QuantExpansion.floats(tensor);
    return IntStream.range(0, values.length).mapToObj(i -> (double) values[i]).toList();
  }
}
