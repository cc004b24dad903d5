package org.lsq4j.network;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Reads what {@link ModelSerializer} wrote, but trusts nothing in it: the configuration may name
 * {@link TrustedClasses} only, the parameters must be as many as it implies, and entries with
 * serialized Java objects (preprocessors, old normalizers) are never touched.
 */
final class NetworkFile {

  private static final String CONFIGURATION = ModelSerializer.CONFIGURATION_JSON;
  private static final String PARAMETERS = ModelSerializer.COEFFICIENTS_BIN;
  private static final String NO_PARAMETERS = ModelSerializer.NO_PARAMS_MARKER;
  private static final String UPDATER_STATE = ModelSerializer.UPDATER_BIN;
  private static final String KERAS_3_WEIGHTS = "model.weights.h5";

  private static final int MOST_CONFIGURATION_BYTES = 16 << 20;
  private static final int MOST_NESTING = 100;
  private static final int MOST_BYTES_PER_NUMBER = 8;
  private static final int HEADER_BYTES = 4096;

  /** AMSGrad keeps three numbers for each parameter; no updater keeps more. */
  private static final int MOST_UPDATER_NUMBERS = 3;

  private static final ObjectMapper JSON =
      new ObjectMapper(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(MOST_NESTING).build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final Path file;
  private final ModelZip zip;

  private NetworkFile(Path file, ModelZip zip) {
    this.file = file;
    this.zip = zip;
  }

  /**
   * Reads a network with its updater's state.
   *
   * @throws ModelFormatException if the file is not such a network, or not a safe one
   */
  static NeuralNetwork read(Path file) {
    try (ModelZip zip = ModelZip.open(file)) {
      return new NetworkFile(file, zip).network();
    }
  }

  private NeuralNetwork network() {
    if (zip.has(KERAS_3_WEIGHTS)) {
      throw ModelFormatException.ofKeras(
          file, "it is of Keras 3; write it with Keras 2 (package tf_keras) as an .h5 file", null);
    }
    if (!zip.has(CONFIGURATION) || !(zip.has(PARAMETERS) || zip.has(NO_PARAMETERS))) {
      throw new ModelFormatException(
          file, "it has no " + CONFIGURATION + " and " + PARAMETERS, null);
    }
    JsonNode configuration = configuration();
    try {
      // The tree as text: DL4J's parser then sees what was checked, whatever the file looked like.
      String json = configuration.toString();
      return configuration.has("vertexInputs") ? graph(json) : chain(json);
    } catch (ModelFormatException e) {
      throw e;
    } catch (NullPointerException | ClassCastException | IndexOutOfBoundsException e) {
      throw new ModelFormatException(
          file, "it cannot be read: its configuration is incomplete or contradicts itself", e);
    } catch (RuntimeException | StackOverflowError e) {
      throw new ModelFormatException(file, "it cannot be read: " + firstLine(e), e);
    }
  }

  private JsonNode configuration() {
    JsonNode tree;
    try {
      tree =
          JSON.readTree(
              new String(
                  zip.read(CONFIGURATION, MOST_CONFIGURATION_BYTES), StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      throw new ModelFormatException(
          file, "its " + CONFIGURATION + " is broken: " + firstLine(e.getOriginalMessage(), e), e);
    }
    if (!tree.isObject()) {
      throw new ModelFormatException(file, "its " + CONFIGURATION + " is no configuration", null);
    }
    TrustedClasses.firstUnknown(tree)
        .ifPresent(
            name -> {
              throw untrusted(name);
            });
    return tree;
  }

  private ModelFormatException untrusted(String name) {
    String shown = name.length() > 200 ? name.substring(0, 200) + "..." : name;
    return new ModelFormatException(
        file,
        String.format(
            "its configuration names the class %s, which is no known part of a network; if it is"
                + " yours, allow it with -D%s=NAME",
            shown.replaceAll("\\p{Cntrl}", "?"), TrustedClasses.PROPERTY),
        null);
  }

  private MultiLayerNetwork chain(String json) {
    MultiLayerConfiguration configuration = MultiLayerConfiguration.fromJson(json);
    long count = 0;
    for (NeuralNetConfiguration layer : configuration.getConfs()) {
      count = sum(count, layer.getLayer().initializer().numParams(layer));
    }
    Optional<INDArray> parameters = parameters(count);
    parameters.ifPresent(array -> configuration.setDataType(array.dataType()));
    MultiLayerNetwork network = new MultiLayerNetwork(configuration);
    network.init(parameters.orElse(null), false);
    updaterState(count)
        .ifPresent(state -> network.getUpdater().setStateViewArray(network, state, false));
    return network;
  }

  private ComputationGraph graph(String json) {
    ComputationGraphConfiguration configuration = ComputationGraphConfiguration.fromJson(json);
    long count = 0;
    for (GraphVertex vertex : configuration.getVertices().values()) {
      count = sum(count, vertex.numParams(true));
    }
    Optional<INDArray> parameters = parameters(count);
    parameters.ifPresent(array -> configuration.setDataType(array.dataType()));
    ComputationGraph network = new ComputationGraph(configuration);
    network.init(parameters.orElse(null), false);
    updaterState(count).ifPresent(state -> network.getUpdater().setStateViewArray(state));
    return network;
  }

  private static long sum(long count, long more) {
    if (more < 0) {
      throw new IllegalArgumentException("a layer has " + more + " parameters");
    }
    return Math.addExact(count, more);
  }

  private Optional<INDArray> parameters(long count) {
    Optional<INDArray> parameters = array(PARAMETERS, count);
    long saved = parameters.map(INDArray::length).orElse(0L);
    if (saved != count) {
      throw new ModelFormatException(
          file,
          String.format("its configuration implies %,d parameters, it has %,d", count, saved),
          null);
    }
    return parameters;
  }

  private Optional<INDArray> updaterState(long parameters) {
    return array(UPDATER_STATE, Math.multiplyExact(MOST_UPDATER_NUMBERS, parameters));
  }

  private Optional<INDArray> array(String name, long mostNumbers) {
    if (!zip.has(name)) {
      return Optional.empty();
    }
    byte[] bytes =
        zip.read(
            name,
            Math.addExact(HEADER_BYTES, Math.multiplyExact(mostNumbers, MOST_BYTES_PER_NUMBER)));
    if (bytes.length == 0) {
      return Optional.empty();
    }
    try {
      return Optional.of(SavedArray.read(bytes));
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(file, "its " + name + " is broken: " + firstLine(e), e);
    }
  }

  private static String firstLine(Throwable e) {
    return firstLine(e.getMessage(), e);
  }

  private static String firstLine(String message, Throwable e) {
    String text = message == null ? "" : message;
    return text.lines().findFirst().orElse(e.getClass().getSimpleName()).strip();
  }
}
