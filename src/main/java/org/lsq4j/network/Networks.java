package org.lsq4j.network;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What {@link MultiLayerNetwork} and {@link ComputationGraph} have in common, which DL4J gives no
 * type for.
 */
public final class Networks {

  private Networks() {}

  /** All layers, in computation order. */
  public static List<Layer> layers(NeuralNetwork network) {
    if (network instanceof ComputationGraph graph) {
      return Arrays.asList(graph.getLayers());
    }
    return Arrays.asList(((MultiLayerNetwork) network).getLayers());
  }

  /** The listeners of a network. */
  public static Collection<TrainingListener> listeners(NeuralNetwork network) {
    return network instanceof ComputationGraph graph
        ? graph.getListeners()
        : ((MultiLayerNetwork) network).getListeners();
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
      graph.setUpdater(OwnGradientUpdaters.of(graph, null));
      graph.getConfiguration().setIterationCount(0);
      graph.getConfiguration().setEpochCount(0);
    } else {
      MultiLayerNetwork chain = (MultiLayerNetwork) network;
      chain.setUpdater(OwnGradientUpdaters.of(chain, null));
      chain.getLayerWiseConfigurations().setIterationCount(0);
      chain.getLayerWiseConfigurations().setEpochCount(0);
    }
  }

  /** Lets updaters follow changed configurations of their layers; they keep their state. */
  public static void renewUpdater(NeuralNetwork network) {
    if (network instanceof ComputationGraph graph) {
      graph.setUpdater(OwnGradientUpdaters.of(graph, copy(graph.getUpdater().getStateViewArray())));
    } else {
      MultiLayerNetwork chain = (MultiLayerNetwork) network;
      chain.setUpdater(OwnGradientUpdaters.of(chain, copy(chain.getUpdater().getStateViewArray())));
    }
  }

  private static INDArray copy(INDArray stateOrNull) {
    return stateOrNull == null ? null : stateOrNull.dup();
  }

  /**
   * Reads a network that {@link ModelSerializer} wrote, with its updater, or a Keras model by
   * {@link KerasImport}. The content decides, not the name. The file may come from anybody: a
   * network in it may be made of {@link TrustedClasses} only.
   *
   * @throws ModelFormatException if the file is missing, is not such a network, or not a safe one
   */
  public static NeuralNetwork load(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new ModelFormatException(file, "there is no such file", null);
    }
    return KerasImport.isHdf5(file) ? KerasImport.load(file) : NetworkFile.read(file);
  }

  /** The name of an enumeration value as people write it: lower case, with hyphens. */
  public static String words(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
