package org.lsq4j.deploy.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Finds what the quantizers of layers' inputs get, and makes a model that gives it, too. */
final class OnnxProbe {

  private static final String SUBTRACTION = "/subtract_offset";

  private final GraphProto graph;
  private final Map<String, NodeProto> makers = new HashMap<>();
  private final Set<String> initializers = new HashSet<>();

  private OnnxProbe(GraphProto graph) {
    this.graph = graph;
    graph.getNodeList().forEach(node -> makers.put(node.getOutput(0), node));
    graph.getInitializerList().forEach(tensor -> initializers.add(tensor.getName()));
  }

  /** Tensors of real numbers by the names of the layers whose input they are. */
  static Map<String, String> layerInputs(ModelProto model) {
    return new OnnxProbe(model.getGraph()).layerInputs();
  }

  private Map<String, String> layerInputs() {
    Map<String, String> found = new LinkedHashMap<>();
    for (NodeProto node : graph.getNodeList()) {
      boolean isQuantizer =
          node.getOpType().equals("QuantizeLinear") || QuantExpansion.isQuant(node);
      if (isQuantizer && !initializers.contains(node.getInput(0))) {
        int end = node.getName().lastIndexOf("/" + OnnxExporter.QUANTIZED_INPUT);
        found.put(
            end < 0 ? node.getName() : node.getName().substring(0, end), source(node.getInput(0)));
      }
    }
    return found;
  }

  /** An offset that no zero point can have is subtracted before. */
  private String source(String tensor) {
    NodeProto maker = makers.get(tensor);
    return maker != null && maker.getName().endsWith(SUBTRACTION) ? maker.getInput(0) : tensor;
  }

  /** The model with these tensors among its outputs. */
  static ModelProto probed(ModelProto model, Iterable<String> tensors) {
    GraphProto.Builder graph = model.getGraph().toBuilder();
    Set<String> given = new HashSet<>();
    graph.getInputList().forEach(input -> given.add(input.getName()));
    graph.getOutputList().forEach(output -> given.add(output.getName()));
    TypeProto.Tensor numbers =
        TypeProto.Tensor.newBuilder().setElemType(TensorProto.DataType.FLOAT.getNumber()).build();
    for (String tensor : tensors) {
      if (given.add(tensor)) {
        graph.addOutput(
            ValueInfoProto.newBuilder()
                .setName(tensor)
                .setType(TypeProto.newBuilder().setTensorType(numbers)));
      }
    }
    return model.toBuilder().setGraph(graph).build();
  }
}
