package org.lsq4j.network;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.file.Path;
import org.deeplearning4j.nn.modelimport.keras.Hdf5Archive;
import org.deeplearning4j.nn.modelimport.keras.exceptions.UnsupportedKerasConfigurationException;

/**
 * What a Keras file says of its model, beside the weights.
 *
 * @param file the file
 * @param version of Keras that wrote it, empty if it does not say
 * @param model attribute {@code model_config}
 * @param training attribute {@code training_config}; missing if the model was not compiled
 */
record KerasFile(Path file, String version, JsonNode model, JsonNode training) {

  private static final String MODEL = "model_config";
  private static final String TRAINING = "training_config";
  private static final String VERSION = "keras_version";
  private static final int VERSION_CHARACTERS = 5;

  static KerasFile read(Path file)
      throws UnsupportedKerasConfigurationException, JsonProcessingException {
    try (Hdf5Archive archive = open(file)) {
      if (!archive.hasAttribute(MODEL)) {
        throw ModelFormatException.ofKeras(
            file,
            "it has no attribute "
                + MODEL
                + ": it is no Keras file, or holds weights only; save the whole model with"
                + " model.save",
            null);
      }
      String version =
          archive.hasAttribute(VERSION)
              ? archive.readAttributeAsFixedLengthString(VERSION, VERSION_CHARACTERS)
              : "";
      ObjectMapper json = new ObjectMapper();
      return new KerasFile(
          file,
          version,
          json.readTree(archive.readAttributeAsJson(MODEL)),
          archive.hasAttribute(TRAINING)
              ? json.readTree(archive.readAttributeAsJson(TRAINING))
              : MissingNode.getInstance());
    }
  }

  private static Hdf5Archive open(Path file) {
    try {
      // Its own way to tell of errors is many lines on the console.
      org.bytedeco.hdf5.Exception.dontPrint();
      return new Hdf5Archive(file.toString());
    } catch (RuntimeException e) {
      throw ModelFormatException.ofKeras(file, "it is a damaged HDF5 file", e);
    }
  }

  boolean isSequential() {
    return model.path("class_name").asText().equals("Sequential");
  }

  /** The loss it was compiled with. */
  KerasImport.Loss loss() {
    return KerasImport.Loss.of(training.path("loss"));
  }

  /**
   * Finds what DL4J would import without complaint and compute otherwise than Keras.
   *
   * @throws ModelFormatException if there is any
   */
  void requireImportable() {
    if (version.startsWith("3")) {
      throw refusal(
          "it was written by Keras " + version + "; write it with Keras 2 (package tf_keras)");
    }
    JsonNode config = model.path("config");
    JsonNode layers = config.isArray() ? config : config.path("layers");
    layers.forEach(this::requireImportable);
  }

  private void requireImportable(JsonNode layer) {
    JsonNode config = layer.path("config");
    String name = config.path("name").asText(layer.path("name").asText());
    if (config.path("groups").asInt(1) != 1) {
      throw refusal("layer " + name + ": groups: must be 1, got " + config.path("groups").asInt());
    }
  }

  private ModelFormatException refusal(String reason) {
    return ModelFormatException.ofKeras(file, reason, null);
  }
}
