package org.lsq4j.network.keras;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.hdf5.Attribute;
import org.bytedeco.hdf5.DataSet;
import org.bytedeco.hdf5.DataSpace;
import org.bytedeco.hdf5.Group;
import org.bytedeco.hdf5.H5File;
import org.bytedeco.hdf5.H5Object;
import org.bytedeco.hdf5.PredType;
import org.bytedeco.hdf5.StrType;
import org.bytedeco.hdf5.global.hdf5;
import org.bytedeco.javacpp.FloatPointer;

/**
 * Builds a Keras model, with random weights, and writes it as Keras 2.3 does. Configurations have
 * the keys of {@code layer.get_config()} that the importer reads.
 */
public final class KerasModelWriter {

  /** A layer's weight. */
  public record Weight(long[] shape, float[] values) {}

  /** A layer: its class, name, configuration, inputs, and weights by Keras's names. */
  public record KerasLayer(
      String type,
      String name,
      ObjectNode config,
      List<String> inputs,
      Map<String, Weight> weights) {}

  private static final ObjectMapper JSON = new ObjectMapper();

  private final int[] inputShape;
  private final Random random;
  private final List<KerasLayer> layers = new ArrayList<>();
  private String kind = "Functional";
  private String version = "2.3.0-tf";
  private String loss = "\"categorical_crossentropy\"";

  /** A model for images of a size, height, width and channels, whose input is called "image". */
  public KerasModelWriter(long seed, int... inputShape) {
    this.inputShape = inputShape;
    this.random = new Random(seed);
  }

  /** Makes it a sequential model. */
  public KerasModelWriter sequential() {
    kind = "Sequential";
    return this;
  }

  /** The version of Keras that the file names. */
  public KerasModelWriter version(String newVersion) {
    version = newVersion;
    return this;
  }

  /** The loss that the model was compiled with, as JSON; null if it was not compiled. */
  public KerasModelWriter loss(String newLoss) {
    loss = newLoss;
    return this;
  }

  /** The layers so far, in order. */
  public List<KerasLayer> layers() {
    return layers;
  }

  /**
   * Adds a layer behind others.
   *
   * @param config JSON that may have single quotes
   * @param shapes of weights, by Keras's names
   */
  public KerasModelWriter add(
      String type, String name, String config, Map<String, long[]> shapes, String... inputs) {
    ObjectNode node = parse(config);
    node.put("name", name);
    Map<String, Weight> weights = new LinkedHashMap<>();
    shapes.forEach((key, shape) -> weights.put(key, randomWeight(key, shape)));
    layers.add(new KerasLayer(type, name, node, behind(inputs), weights));
    return this;
  }

  /** Adds a layer without weights. */
  public KerasModelWriter add(String type, String name, String config, String... inputs) {
    return add(type, name, config, Map.of(), inputs);
  }

  private List<String> behind(String... inputs) {
    if (inputs.length > 0) {
      return List.of(inputs);
    }
    return List.of(layers.isEmpty() ? "image" : layers.get(layers.size() - 1).name());
  }

  private static ObjectNode parse(String config) {
    try {
      return (ObjectNode) JSON.readTree(config.replace('\'', '"'));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalArgumentException(config, e);
    }
  }

  private Weight randomWeight(String key, long[] shape) {
    float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      double normal = random.nextGaussian();
      boolean positive = key.equals("moving_variance") || key.equals("gamma");
      values[i] = (float) (positive ? 0.5 + Math.abs(normal) : 0.4 * normal);
    }
    return new Weight(shape, values);
  }

  /**
   * Writes the file. HDF5 is not made for several threads, so every object is closed here and not
   * by the garbage collector.
   */
  public Path write(Path path) {
    try (H5File file = new H5File(path.toString(), hdf5.H5F_ACC_TRUNC())) {
      try (Group root = file.openGroup("/");
          Group weights = file.createGroup("model_weights")) {
        attribute(root, "keras_version", version);
        attribute(root, "backend", "tensorflow");
        attribute(root, "model_config", modelConfig().toString());
        if (loss != null) {
          attribute(root, "training_config", "{\"loss\": " + loss + "}");
        }
        for (KerasLayer layer : layers) {
          write(weights, layer);
        }
      }
    }
    return path;
  }

  private static void write(Group weights, KerasLayer layer) {
    try (Group outer = weights.createGroup(layer.name())) {
      attribute(outer, "weight_names", weightNames(layer));
      if (!layer.weights().isEmpty()) {
        try (Group inner = outer.createGroup(layer.name())) {
          layer.weights().forEach((key, weight) -> write(inner, key + ":0", weight));
        }
      }
    }
  }

  private static String weightNames(KerasLayer layer) {
    List<String> names = new ArrayList<>();
    layer.weights().keySet().forEach(key -> names.add(layer.name() + "/" + key + ":0"));
    return names.isEmpty() ? " " : String.join(" ", names);
  }

  private static void write(Group group, String name, Weight weight) {
    try (DataSpace space = new DataSpace(weight.shape().length, weight.shape());
        DataSet set = group.createDataSet(name, PredType.NATIVE_FLOAT(), space);
        FloatPointer values = new FloatPointer(weight.values())) {
      set.write(values, PredType.NATIVE_FLOAT());
    }
  }

  private static void attribute(H5Object owner, String name, String value) {
    try (StrType type = new StrType(PredType.C_S1(), value.length() + 1L);
        DataSpace space = new DataSpace(hdf5.H5S_SCALAR);
        Attribute attribute = owner.createAttribute(name, type, space)) {
      attribute.write(type, value);
    }
  }

  private ObjectNode modelConfig() {
    ObjectNode config = JSON.createObjectNode().put("name", "model");
    ArrayNode list = config.putArray("layers");
    list.add(inputLayer());
    for (KerasLayer layer : layers) {
      ObjectNode node = list.addObject().put("class_name", layer.type());
      node.put("name", layer.name()).set("config", layer.config());
      if (!kind.equals("Sequential")) {
        ArrayNode inbound = node.putArray("inbound_nodes").addArray();
        layer.inputs().forEach(input -> inbound.add(reference(input).add(JSON.createObjectNode())));
      }
    }
    if (!kind.equals("Sequential")) {
      config.putArray("input_layers").add(reference("image"));
      config.putArray("output_layers").add(reference(layers.get(layers.size() - 1).name()));
    }
    ObjectNode model = JSON.createObjectNode().put("class_name", kind);
    model.set("config", config);
    return model;
  }

  private ObjectNode inputLayer() {
    ObjectNode node = JSON.createObjectNode().put("class_name", "InputLayer").put("name", "image");
    ObjectNode config = node.putObject("config").put("name", "image").put("dtype", "float32");
    ArrayNode shape = config.putArray("batch_input_shape").addNull();
    Arrays.stream(inputShape).forEach(shape::add);
    node.putArray("inbound_nodes");
    return node;
  }

  private static ArrayNode reference(String layer) {
    return JSON.createArrayNode().add(layer).add(0).add(0);
  }
}
