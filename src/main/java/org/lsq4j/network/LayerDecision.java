package org.lsq4j.network;

import java.util.Optional;
import org.lsq4j.layer.LayerQuantization;

/**
 * What the conversion did with one layer, and why.
 *
 * @param layer the layer's name
 * @param type the kind of layer it was, a class name
 * @param outcome what happened
 * @param quantization the quantizers, if it has any
 * @param reason why, for people
 */
public record LayerDecision(
    String layer,
    String type,
    Outcome outcome,
    Optional<LayerQuantization> quantization,
    String reason) {

  /** What can happen to a layer. */
  public enum Outcome {
    /** It got quantizers. */
    QUANTIZED,
    /** It computes the same in float, but faster. */
    REPLACED,
    /** It stayed as it was. */
    FLOAT
  }

  static LayerDecision quantized(
      LayerGraph.Node node, LayerQuantization quantization, String reason) {
    return of(node, Outcome.QUANTIZED, quantization, reason);
  }

  static LayerDecision replaced(LayerGraph.Node node, String reason) {
    return of(node, Outcome.REPLACED, null, reason);
  }

  static LayerDecision leftFloat(LayerGraph.Node node, String reason) {
    return of(node, Outcome.FLOAT, null, reason);
  }

  private static LayerDecision of(
      LayerGraph.Node node, Outcome outcome, LayerQuantization quantization, String reason) {
    return new LayerDecision(
        node.name(),
        node.layer().getClass().getSimpleName(),
        outcome,
        Optional.ofNullable(quantization),
        reason);
  }

  /**
   * The same about the depthwise half of a separable convolution.
   *
   * @param whole the separable convolution's name, or null if the layer is no such half
   */
  LayerDecision ofHalf(String whole) {
    return whole == null
        ? this
        : new LayerDecision(
            layer, type, outcome, quantization, reason + "; depthwise half of " + whole);
  }

  @Override
  public String toString() {
    String what =
        quantization
            .map(
                q ->
                    "weights "
                        + (q.weights() == null ? "float" : q.weights().describe())
                        + "; inputs "
                        + (q.inputs() == null ? "float" : q.inputs().describe()))
            .orElse(Networks.words(outcome));
    return layer + " (" + type + "): " + what + " - " + reason;
  }
}
