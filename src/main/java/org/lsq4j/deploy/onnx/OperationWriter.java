package org.lsq4j.deploy.onnx;

import static org.lsq4j.deploy.onnx.OnnxNodes.attribute;

import ai.onnx.proto.OnnxMl.AttributeProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.lsq4j.compute.Padding2D;
import org.lsq4j.deploy.graph.Affine;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.Operation;
import org.lsq4j.deploy.graph.Operation.Activate;
import org.lsq4j.deploy.graph.Operation.Add;
import org.lsq4j.deploy.graph.Operation.Concatenate;
import org.lsq4j.deploy.graph.Operation.Flatten;
import org.lsq4j.deploy.graph.Operation.Input;
import org.lsq4j.deploy.graph.Operation.Pool;
import org.lsq4j.deploy.graph.Operation.PoolKind;
import org.lsq4j.deploy.graph.Operation.Product;
import org.lsq4j.deploy.graph.Operation.Quantize;
import org.lsq4j.deploy.graph.Operation.ScaleShift;
import org.lsq4j.deploy.graph.Operation.Softmax;
import org.lsq4j.deploy.graph.Operation.ZeroPad;
import org.lsq4j.deploy.graph.Shape;
import org.lsq4j.deploy.graph.Window;

/** Writes one operation after the other as ONNX nodes. */
final class OperationWriter {

  private static final int DILATED_AVERAGE_OPSET = 19;

  private final IntegerGraph graph;
  private final OnnxNodes nodes;
  private final Quantizers quantizers;
  private final ActivationWriter activations;
  private final ProductWriter products;
  private final int opset;
  private final List<String> names = new ArrayList<>();

  OperationWriter(IntegerGraph graph, OnnxNodes nodes, Quantizers quantizers, int opset) {
    this.graph = graph;
    this.nodes = nodes;
    this.quantizers = quantizers;
    this.opset = opset;
    activations = new ActivationWriter(nodes);
    products = new ProductWriter(nodes, quantizers);
  }

  /**
   * Writes a node.
   *
   * @param number of the node
   * @param inputs what the nodes that it reads became
   * @return what it became
   */
  OnnxValue write(int number, List<OnnxValue> inputs) {
    Operation operation = graph.nodes().get(number).operation();
    String name = name(number);
    names.add(name);
    if (operation instanceof Input input) {
      return new OnnxValue(OnnxExporter.INPUT, input.shape().isVector());
    }
    OnnxValue source = inputs.get(0);
    if (operation instanceof Quantize quantize) {
      return source.withName(quantizers.activations(name, source.name(), quantize.quantizer()));
    } else if (operation instanceof Product product) {
      boolean isDense = product instanceof Operation.Dense;
      return products.write(name, shaped(source, isDense), product);
    } else if (operation instanceof ScaleShift scaleShift) {
      return scaleShift(name, source, scaleShift.affine());
    } else if (operation instanceof Activate activate) {
      return source.withName(activations.write(name, source.name(), activate));
    } else if (operation instanceof Softmax) {
      return source.withName(
          nodes.add(name, "Softmax", List.of(source.name()), attribute("axis", 1)));
    } else if (operation instanceof Add) {
      return sum(name, alike(inputs));
    } else if (operation instanceof Concatenate) {
      return joined(name, alike(inputs));
    } else if (operation instanceof Pool pool) {
      return pooled(name, number, source, pool);
    } else if (operation instanceof ZeroPad zeroPad) {
      return padded(name, source, zeroPad.padding());
    } else if (operation instanceof Flatten) {
      return flattened(name, number, source);
    }
    throw new IllegalStateException("No ONNX form of " + operation);
  }

  /** The layer's name; nodes without one are called after what they belong to. */
  private String name(int number) {
    String own = graph.nodes().get(number).name();
    if (!own.isEmpty()) {
      return own;
    }
    Operation operation = graph.nodes().get(number).operation();
    String kind =
        operation instanceof Activate activate
            ? activate.function().name().toLowerCase(Locale.ROOT)
            : operation.getClass().getSimpleName().toLowerCase(Locale.ROOT);
    if (operation instanceof Quantize || operation instanceof Flatten) {
      String reader = graph.nameOfReader(number);
      return (reader.isEmpty() ? "node" + number : reader)
          + "/"
          + (operation instanceof Quantize ? OnnxExporter.QUANTIZED_INPUT : kind);
    }
    List<Integer> inputs = graph.nodes().get(number).inputs();
    return inputs.isEmpty() ? kind : names.get(inputs.get(0)) + "/" + kind;
  }

  private Shape shape(int number) {
    return graph.tensor(number).shape();
  }

  private Shape inputShape(int number) {
    return shape(graph.nodes().get(number).inputs().get(0));
  }

  /** A value as [N, channels] or as [N, channels, height, width]. */
  OnnxValue shaped(OnnxValue value, boolean asVector) {
    if (value.isVector() == asVector) {
      return value;
    }
    String name =
        asVector
            ? nodes.add(
                value.name() + "/vector", "Flatten", List.of(value.name()), attribute("axis", 1))
            : nodes.add(
                value.name() + "/image",
                "Unsqueeze",
                List.of(value.name(), nodes.longs(value.name() + ".axes", 2, 3)));
    return new OnnxValue(name, asVector);
  }

  /** All values in the shape of an image, if they differ. */
  private List<OnnxValue> alike(List<OnnxValue> values) {
    boolean differ = values.stream().map(OnnxValue::isVector).distinct().count() > 1;
    return differ ? values.stream().map(value -> shaped(value, false)).toList() : values;
  }

  private OnnxValue scaleShift(String name, OnnxValue source, Affine affine) {
    float[] factors = new float[affine.channels()];
    float[] addends = new float[affine.channels()];
    for (int c = 0; c < factors.length; c++) {
      factors[c] = affine.factor(c);
      addends[c] = affine.addend(c);
    }
    return products.scaled(name, products.scaled(name, source, "Mul", factors), "Add", addends);
  }

  private OnnxValue sum(String name, List<OnnxValue> values) {
    OnnxValue sum = values.get(0);
    for (OnnxValue value : values.subList(1, values.size())) {
      sum = sum.withName(nodes.add(name, "Add", List.of(sum.name(), value.name())));
    }
    return sum;
  }

  private OnnxValue joined(String name, List<OnnxValue> values) {
    List<String> inputs = values.stream().map(OnnxValue::name).toList();
    return values.get(0).withName(nodes.add(name, "Concat", inputs, attribute("axis", 1)));
  }

  private OnnxValue pooled(String name, int number, OnnxValue value, Pool pool) {
    Window window = pool.window();
    if (window.equals(Window.covering(inputShape(number)))) {
      OnnxValue image = shaped(value, false);
      boolean isMaximum = pool.kind() == PoolKind.MAXIMUM;
      String operator = isMaximum ? "GlobalMaxPool" : "GlobalAveragePool";
      return image.withName(nodes.add(name, operator, List.of(image.name())));
    }
    return window(name, shaped(value, false), pool);
  }

  private OnnxValue window(String name, OnnxValue image, Pool pool) {
    requirePossible(name, pool);
    boolean isMaximum = pool.kind() == PoolKind.MAXIMUM;
    List<AttributeProto> attributes = new ArrayList<>(windowAttributes(pool.window()));
    if (!isMaximum) {
      long counts = pool.kind() == PoolKind.AVERAGE_WITH_PADDING ? 1 : 0;
      attributes.add(attribute("count_include_pad", counts));
    }
    // Averages have dilations in newer opsets only.
    if (isMaximum || isDilated(pool.window())) {
      attributes.add(dilations(pool.window()));
    }
    return image.withName(
        nodes.add(
            name,
            isMaximum ? "MaxPool" : "AveragePool",
            List.of(image.name()),
            attributes.toArray(AttributeProto[]::new)));
  }

  private static boolean isDilated(Window window) {
    return window.rows().dilation() > 1 || window.columns().dilation() > 1;
  }

  private void requirePossible(String name, Pool pool) {
    Window window = pool.window();
    if (isDilated(window) && pool.kind() != PoolKind.MAXIMUM && opset < DILATED_AVERAGE_OPSET) {
      throw new OnnxFileException(
          "Layer "
              + name
              + " cannot be exported: a dilated average needs opset "
              + DILATED_AVERAGE_OPSET
              + " or newer, got "
              + opset);
    }
    Padding2D padding = window.padding();
    if (Math.max(padding.top(), padding.bottom()) >= window.kernel().height()
        || Math.max(padding.left(), padding.right()) >= window.kernel().width()) {
      throw new OnnxFileException(
          "Layer "
              + name
              + " cannot be exported: ONNX pools with a padding smaller than the kernel"
              + " only, got "
              + padding
              + " for "
              + window.kernel());
    }
  }

  static List<AttributeProto> windowAttributes(Window window) {
    Padding2D padding = window.padding();
    return List.of(
        attribute("kernel_shape", new long[] {window.kernel().height(), window.kernel().width()}),
        attribute("strides", new long[] {window.stride().height(), window.stride().width()}),
        attribute(
            "pads", new long[] {padding.top(), padding.left(), padding.bottom(), padding.right()}));
  }

  static AttributeProto dilations(Window window) {
    return attribute(
        "dilations", new long[] {window.dilation().height(), window.dilation().width()});
  }

  private OnnxValue padded(String name, OnnxValue value, Padding2D padding) {
    OnnxValue source = shaped(value, false);
    String sizes =
        nodes.longs(
            name + ".pads",
            0,
            0,
            padding.top(),
            padding.left(),
            0,
            0,
            padding.bottom(),
            padding.right());
    return source.withName(nodes.add(name, "Pad", List.of(source.name(), sizes)));
  }

  /** Vectors are in the order of channels-last images, ONNX's images are channels first. */
  private OnnxValue flattened(String name, int number, OnnxValue source) {
    Shape shape = inputShape(number);
    String image = source.name();
    if (shape.pixels() > 1 && shape.channels() > 1) {
      AttributeProto order = attribute("perm", new long[] {0, 2, 3, 1});
      image = nodes.add(name + "/channels_last", "Transpose", List.of(image), order);
    }
    return shaped(new OnnxValue(image, source.isVector()), true);
  }
}
