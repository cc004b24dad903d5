package org.lsq4j.deploy.onnx;

import static org.lsq4j.deploy.onnx.OnnxNodes.attribute;

import java.util.List;
import org.lsq4j.deploy.graph.Operation.Activate;

/** Writes activation functions. */
final class ActivationWriter {

  private static final float HIGHEST = 6;
  private static final float SLOPE = 0.2f;
  private static final float MIDDLE = 0.5f;
  private static final float GELU_SLOPE = 1.702f;

  private final OnnxNodes nodes;

  ActivationWriter(OnnxNodes nodes) {
    this.nodes = nodes;
  }

  /** Writes a function of a tensor; gives the result's name. */
  String write(String name, String source, Activate activate) {
    List<String> input = List.of(source);
    return switch (activate.function()) {
      case RELU -> nodes.add(name, "Relu", input);
      case RELU6 -> relu6(name, source);
      case LEAKY_RELU ->
          nodes.add(name, "LeakyRelu", input, attribute("alpha", activate.parameter()));
      case ELU -> nodes.add(name, "Elu", input, attribute("alpha", activate.parameter()));
      case SIGMOID -> nodes.add(name, "Sigmoid", input);
      case HARD_SIGMOID ->
          nodes.add(
              name, "HardSigmoid", input, attribute("alpha", SLOPE), attribute("beta", MIDDLE));
      case TANH -> nodes.add(name, "Tanh", input);
      case SOFTPLUS -> nodes.add(name, "Softplus", input);
      case SWISH -> gated(name, source, nodes.add(name + "/sigmoid", "Sigmoid", input));
      case GELU -> gelu(name, source);
      case MISH -> {
        String softplus = nodes.add(name + "/softplus", "Softplus", input);
        yield gated(name, source, nodes.add(name + "/tanh", "Tanh", List.of(softplus)));
      }
    };
  }

  private String relu6(String name, String source) {
    String low = nodes.scalar(name + ".min", 0);
    String high = nodes.scalar(name + ".max", HIGHEST);
    return nodes.add(name, "Clip", List.of(source, low, high));
  }

  private String gelu(String name, String source) {
    String slope = nodes.scalar(name + ".slope", GELU_SLOPE);
    String steeper = nodes.add(name + "/scale", "Mul", List.of(source, slope));
    return gated(name, source, nodes.add(name + "/sigmoid", "Sigmoid", List.of(steeper)));
  }

  private String gated(String name, String source, String gate) {
    return nodes.add(name, "Mul", List.of(source, gate));
  }
}
