package org.lsq4j.network;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What {@link MultiLayerNetwork} and {@link ComputationGraph} have in common, which DL4J gives no
 * type for.
 */
public final class Networks {

  private static final String CONFIGURATION_ENTRY = "configuration.json";
  private static final String PARAMETERS_ENTRY = "coefficients.bin";
  private static final String KERAS_3_WEIGHTS_ENTRY = "model.weights.h5";

  private Networks() {}

  /** All layers, in computation order. */
  public static List<Layer> layers(NeuralNetwork network) {
    if (network instanceof ComputationGraph graph) {
      return Arrays.asList(graph.getLayers());
    }
    return Arrays.asList(((MultiLayerNetwork) network).getLayers());
  }

  /** A layer's name, or {@code layer<index>} if it has none. */
  public static String nameOf(Layer layer) {
    String name = layer.conf().getLayer().getLayerName();
    return name == null ? unnamed(layer.getIndex()) : name;
  }

  /** The name of a layer without name. */
  static String unnamed(int index) {
    return "layer" + index;
  }

  /** The predictions for a batch, outside all workspaces. */
  public static INDArray output(NeuralNetwork network, INDArray features) {
    return network instanceof ComputationGraph graph
        ? graph.outputSingle(features)
        : ((MultiLayerNetwork) network).output(features);
  }

  /** Number of parameters. */
  public static long parameterCount(NeuralNetwork network) {
    return ((Model) network).numParams();
  }

  /** Number of updates so far. */
  public static int iterations(NeuralNetwork network) {
    return network instanceof ComputationGraph graph
        ? graph.getConfiguration().getIterationCount()
        : ((MultiLayerNetwork) network).getLayerWiseConfigurations().getIterationCount();
  }

  /** The loss of the last training step, mean over the batch. */
  public static double score(NeuralNetwork network) {
    return ((Model) network).score();
  }

  /**
   * Makes the next step the first one of a training: no updater state, updaters as the layers'
   * configurations say, schedules at their beginning.
   */
  public static void restartTraining(NeuralNetwork network) {
    if (network instanceof ComputationGraph graph) {
      graph.setUpdater(null);
      graph.getConfiguration().setIterationCount(0);
      graph.getConfiguration().setEpochCount(0);
    } else {
      MultiLayerNetwork chain = (MultiLayerNetwork) network;
      chain.setUpdater(null);
      chain.getLayerWiseConfigurations().setIterationCount(0);
      chain.getLayerWiseConfigurations().setEpochCount(0);
    }
  }

  /**
   * Reads a network that {@link ModelSerializer} wrote, with its updater, or a Keras model by
   * {@link KerasImport}. The content decides, not the name.
   *
   * @throws ModelFormatException if the file is missing or is not such a network
   */
  public static NeuralNetwork load(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new ModelFormatException(file, "there is no such file", null);
    }
    return KerasImport.isHdf5(file) ? KerasImport.load(file) : loadZip(file);
  }

  private static NeuralNetwork loadZip(Path file) {
    boolean isGraph = isGraph(file);
    try {
      return isGraph
          ? ModelSerializer.restoreComputationGraph(file.toFile(), true)
          : ModelSerializer.restoreMultiLayerNetwork(file.toFile(), true);
    } catch (IOException | RuntimeException e) {
      throw new ModelFormatException(file, "it cannot be read: " + firstLine(e), e);
    }
  }

  private static boolean isGraph(Path file) {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      if (zip.getEntry(KERAS_3_WEIGHTS_ENTRY) != null) {
        throw ModelFormatException.ofKeras(
            file,
            "it is of Keras 3; write it with Keras 2 (package tf_keras) as an .h5 file",
            null);
      }
      if (zip.getEntry(CONFIGURATION_ENTRY) == null || zip.getEntry(PARAMETERS_ENTRY) == null) {
        throw new ModelFormatException(
            file, "it has no " + CONFIGURATION_ENTRY + " and " + PARAMETERS_ENTRY, null);
      }
      byte[] json = zip.getInputStream(zip.getEntry(CONFIGURATION_ENTRY)).readAllBytes();
      return new String(json, java.nio.charset.StandardCharsets.UTF_8).contains("\"vertexInputs\"");
    } catch (ZipException e) {
      throw new ModelFormatException(
          file, "it is not a zip file, or a damaged one, nor HDF5 as of Keras", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String firstLine(Exception e) {
    String message = e.getMessage() == null ? "" : e.getMessage();
    return message.lines().findFirst().orElse(e.getClass().getSimpleName()).strip();
  }

  /** The name of an enumeration value as people write it: lower case, with hyphens. */
  public static String words(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
