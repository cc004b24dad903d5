package org.lsq4j.experiment;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.api.Layer;
import org.lsq4j.network.ModelSize;
import org.lsq4j.network.Networks;
import org.lsq4j.network.QuantizerView;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.quantizer.QuantizerSpec;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.ModelCard;
import org.lsq4j.training.TrainingState;

/**
 * What is in a model file.
 *
 * @param file the file
 * @param card how to feed the model; null if the file does not say
 * @param training how far its training was; null if it was not trained by LSQ4J
 * @param size sizes of its parameters
 * @param layers all layers in computation order
 * @param quantizers all quantizers in computation order
 */
public record ModelInspection(
    String file,
    ModelCard card,
    TrainingState training,
    ModelSize size,
    List<LayerSummary> layers,
    List<QuantizerSummary> quantizers) {

  /**
   * A layer.
   *
   * @param name its name
   * @param type its kind, a class name
   * @param parameters how many
   */
  public record LayerSummary(String name, String type, long parameters) {
    static LayerSummary of(Layer layer) {
      return new LayerSummary(
          Networks.nameOf(layer),
          layer.conf().getLayer().getClass().getSimpleName(),
          layer.numParams());
    }
  }

  /**
   * A quantizer.
   *
   * @param layer its layer's name
   * @param role weights or input
   * @param spec what kind
   * @param step s, one value or one for each channel
   * @param offset z likewise; empty without offset
   * @param initialized whether it was calibrated
   * @param clipShare share of weights beyond the bounds; null for inputs
   */
  public record QuantizerSummary(
      String layer,
      QuantizerRole role,
      QuantizerSpec spec,
      List<Double> step,
      List<Double> offset,
      boolean initialized,
      Double clipShare) {
    static QuantizerSummary of(QuantizerView view) {
      return new QuantizerSummary(
          view.layer(),
          view.role(),
          view.spec(),
          view.step(),
          view.offset(),
          view.initialized(),
          view.clipShare().isPresent() ? view.clipShare().getAsDouble() : null);
    }
  }

  /** Reads a model file. */
  public static ModelInspection of(Path file) {
    Checkpoint model = Checkpoint.read(file);
    return new ModelInspection(
        file.toString(),
        model.card().orElse(null),
        Optional.of(model.state()).filter(state -> state.epochsDone() > 0).orElse(null),
        ModelSize.of(model.network()),
        Networks.layers(model.network()).stream().map(LayerSummary::of).toList(),
        QuantizerView.of(model.network()).stream().map(QuantizerSummary::of).toList());
  }

  /** This as JSON. */
  public String toJson() {
    return Mappers.toJson(this);
  }
}
