package org.lsq4j.training;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.network.Networks;
import org.lsq4j.quantizer.QuantizerRole;

/** Lets quantizers count their projections over a whole training, however often it is resumed. */
final class ProjectionCounts implements TrainingExtension {

  static final String NAME = "projections";

  private static final ObjectMapper JSON = new ObjectMapper();

  private NeuralNetwork network;

  /** Visits a quantizer. */
  @FunctionalInterface
  private interface Visitor {
    void visit(String key, QuantizedLayer layer, QuantizerRole role);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void start(TrainingRun run) {
    network = run.network();
  }

  @Override
  public Optional<byte[]> state() {
    Map<String, Long> counts = new TreeMap<>();
    forEach(network, (key, layer, role) -> counts.put(key, layer.quantizers().projections(role)));
    try {
      return Optional.of(JSON.writeValueAsBytes(counts));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void restore(byte[] state) {
    restore(network, state);
  }

  static void restore(NeuralNetwork network, byte[] state) {
    try {
      Map<String, Long> counts = JSON.readValue(state, new TypeReference<>() {});
      forEach(
          network,
          (key, layer, role) ->
              layer.quantizers().setProjections(role, counts.getOrDefault(key, 0L)));
    } catch (IOException e) {
      throw new ResumeException("Cannot resume: the counts of projections are broken: " + e);
    }
  }

  private static void forEach(NeuralNetwork network, Visitor visitor) {
    for (Layer layer : Networks.layers(network)) {
      if (layer instanceof QuantizedLayer quantized) {
        for (QuantizerRole role : QuantizerRole.values()) {
          if (quantized.quantizers().tensors(role).isPresent()) {
            visitor.visit(Networks.nameOf(layer) + "/" + Networks.words(role), quantized, role);
          }
        }
      }
    }
  }
}
