package org.lsq4j.deploy.onnx;

import static org.lsq4j.deploy.onnx.OnnxNodes.attribute;

import ai.onnx.proto.OnnxMl.AttributeProto;
import java.util.ArrayList;
import java.util.List;
import org.lsq4j.deploy.graph.Operation.Convolution;
import org.lsq4j.deploy.graph.Operation.Product;
import org.lsq4j.deploy.graph.Weights;
import org.lsq4j.deploy.graph.Window;
import org.lsq4j.quantizer.CodeSpan;

/** Writes convolutions and dense layers as Conv and Gemm on what codes stand for. */
final class ProductWriter {

  private final OnnxNodes nodes;
  private final Quantizers quantizers;

  ProductWriter(OnnxNodes nodes, Quantizers quantizers) {
    this.nodes = nodes;
    this.quantizers = quantizers;
  }

  /** Writes a layer with its bias, and the factors that are not in the weights. */
  OnnxValue write(String name, OnnxValue source, Product product) {
    FoldedProduct folded = FoldedProduct.of(product);
    List<String> inputs = new ArrayList<>(List.of(source.name()));
    inputs.add(quantizers.weights(name, weightTensor(product, folded)));
    boolean biasBehind =
        folded.factors().isPresent() || quantizers.hasFloatProducts(product.weights().bits());
    if (folded.hasBias() && !biasBehind) {
      inputs.add(nodes.floats(name + ".bias", folded.bias(), folded.bias().length));
    }
    OnnxValue sums =
        source.withName(
            product instanceof Convolution convolution
                ? nodes.add(name, "Conv", inputs, attributes(convolution))
                : nodes.add(name, "Gemm", inputs, attribute("transB", 1)));
    if (!biasBehind) {
      return sums;
    }
    OnnxValue scaled =
        folded.factors().map(factors -> scaled(name, sums, "Mul", factors)).orElse(sums);
    return folded.hasBias() ? scaled(name, scaled, "Add", folded.bias()) : scaled;
  }

  /** Multiplies or adds a number for each channel. */
  OnnxValue scaled(String name, OnnxValue source, String operator, float[] numbers) {
    long[] sizes =
        source.isVector() ? new long[] {numbers.length} : new long[] {numbers.length, 1, 1};
    boolean isSum = operator.equals("Add");
    String channels = nodes.floats(name + (isSum ? ".addends" : ".factors"), numbers, sizes);
    return source.withName(
        nodes.add(
            name + (isSum ? "/shift" : "/scale"), operator, List.of(source.name(), channels)));
  }

  private static AttributeProto[] attributes(Convolution convolution) {
    List<AttributeProto> attributes =
        new ArrayList<>(OperationWriter.windowAttributes(convolution.window()));
    attributes.add(OperationWriter.dilations(convolution.window()));
    attributes.add(attribute("group", convolution.groups()));
    return attributes.toArray(AttributeProto[]::new);
  }

  private static Quantizers.WeightTensor weightTensor(Product product, FoldedProduct folded) {
    Weights weights = product.weights();
    int taps = 1;
    long[] sizes = {weights.outputs(), weights.perOutput()};
    if (product instanceof Convolution convolution) {
      Window window = convolution.window();
      taps = window.kernel().height() * window.kernel().width();
      sizes =
          new long[] {
            weights.outputs(),
            weights.perOutput() / taps,
            window.kernel().height(),
            window.kernel().width()
          };
    }
    return new Quantizers.WeightTensor(
        channelsFirst(folded.codes(), weights, taps),
        folded.scales(),
        weights.bits(),
        weights.span() == CodeSpan.NARROW,
        sizes);
  }

  /** From [outputs, taps, channels] to [outputs, channels, taps]. */
  private static int[] channelsFirst(byte[] codes, Weights weights, int taps) {
    int[] ordered = new int[codes.length];
    int length = weights.perOutput();
    int channels = length / taps;
    for (int i = 0; i < ordered.length; i++) {
      int within = i % length;
      ordered[i] = codes[i - within + within % taps * channels + within / taps];
    }
    return ordered;
  }
}
