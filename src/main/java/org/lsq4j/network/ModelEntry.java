package org.lsq4j.network;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * An entry of a model's zip file before it is written.
 *
 * @param name of the entry
 * @param form what it holds
 * @param content writes it
 */
public record ModelEntry(String name, Form form, Content content) {

  /** What an entry holds. */
  public enum Form {
    /** Text, which gets much smaller when it is compressed. */
    TEXT,
    /** Numbers, which take long to compress and get hardly smaller. */
    NUMBERS
  }

  /** Writes the content of an entry. */
  @FunctionalInterface
  public interface Content {
    /** Writes it; the stream stays open. */
    void writeTo(OutputStream out) throws IOException;
  }

  /** An entry of given bytes. */
  public static ModelEntry of(String name, Form form, byte[] bytes) {
    return new ModelEntry(name, form, out -> out.write(bytes));
  }

  /** The entries that {@link ModelSerializer} writes of a network, without its updater's state. */
  public static List<ModelEntry> ofNetwork(NeuralNetwork network) {
    List<ModelEntry> entries = new ArrayList<>();
    byte[] json = configuration(network).getBytes(StandardCharsets.UTF_8);
    entries.add(of(ModelSerializer.CONFIGURATION_JSON, Form.TEXT, json));
    INDArray parameters = network.params();
    if (parameters != null) {
      entries.add(ofVector(ModelSerializer.COEFFICIENTS_BIN, parameters));
    } else {
      entries.add(of(ModelSerializer.COEFFICIENTS_BIN, Form.NUMBERS, new byte[0]));
      entries.add(of(ModelSerializer.NO_PARAMS_MARKER, Form.TEXT, new byte[0]));
    }
    return entries;
  }

  /** The entry with its updater's state; none if the updater keeps nothing. */
  public static List<ModelEntry> ofUpdater(NeuralNetwork network) {
    INDArray state = updaterState(network);
    return state == null || state.isEmpty()
        ? List.of()
        : List.of(ofVector(ModelSerializer.UPDATER_BIN, state));
  }

  private static ModelEntry ofVector(String name, INDArray vector) {
    return new ModelEntry(
        name,
        Form.NUMBERS,
        out -> {
          DataOutputStream data = new DataOutputStream(new BufferedOutputStream(out));
          Nd4j.write(vector, data);
          data.flush();
        });
  }

  private static String configuration(NeuralNetwork network) {
    return network instanceof ComputationGraph graph
        ? graph.getConfiguration().toJson()
        : ((MultiLayerNetwork) network).getLayerWiseConfigurations().toJson();
  }

  private static INDArray updaterState(NeuralNetwork network) {
    return network instanceof ComputationGraph graph
        ? graph.getUpdater().getStateViewArray()
        : ((MultiLayerNetwork) network).getUpdater().getStateViewArray();
  }
}
