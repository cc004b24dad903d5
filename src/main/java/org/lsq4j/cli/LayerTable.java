package org.lsq4j.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.lsq4j.cli.Table.Column;
import org.lsq4j.layer.LayerQuantization;
import org.lsq4j.network.LayerDecision;
import org.lsq4j.network.Networks;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.quantizer.QuantizerSpec;

/** What a conversion did, for people. */
final class LayerTable {

  private LayerTable() {}

  /** The quantized layers with what they got and why, then why the others did not. */
  static List<String> of(List<LayerDecision> decisions) {
    Table table =
        new Table(
            Column.left("layer"),
            Column.left("weights"),
            Column.left("inputs"),
            Column.left("why"));
    Map<String, List<String>> others = new LinkedHashMap<>();
    for (LayerDecision decision : decisions) {
      decision
          .quantization()
          .ifPresentOrElse(
              quantization ->
                  table.row(
                      decision.layer(),
                      weights(quantization),
                      inputs(quantization),
                      decision.reason()),
              () ->
                  others
                      .computeIfAbsent(decision.reason(), reason -> new ArrayList<>())
                      .add(decision.layer()));
    }
    List<String> lines = new ArrayList<>(table.lines());
    others.forEach(
        (reason, layers) -> lines.add("float: " + String.join(", ", layers) + " - " + reason));
    return lines;
  }

  /** What every layer got, and why, without its bits. */
  static List<String> kinds(List<LayerDecision> decisions) {
    return decisions.stream()
        .map(
            decision ->
                decision.quantization().map(LayerTable::kind).orElse("") + decision.reason())
        .toList();
  }

  private static String kind(LayerQuantization quantization) {
    return quantization.weights().withBits(CodeRange.MAX_BITS).describe()
        + quantization.inputs().withBits(CodeRange.MAX_BITS).describe();
  }

  /** The bits of weights and inputs of every quantized layer. */
  static String bits(List<LayerDecision> decisions) {
    return decisions.stream()
        .flatMap(decision -> decision.quantization().map(q -> bits(decision, q)).stream())
        .collect(Collectors.joining(", "));
  }

  private static String bits(LayerDecision decision, LayerQuantization quantization) {
    return Texts.of(
        "%s %d/%d", decision.layer(), quantization.weights().bits(), quantization.inputs().bits());
  }

  private static String weights(LayerQuantization quantization) {
    QuantizerSpec weights = quantization.weights();
    return weights.bits() + " bit " + Networks.words(weights.granularity()) + offset(weights);
  }

  private static String inputs(LayerQuantization quantization) {
    QuantizerSpec inputs = quantization.inputs();
    return inputs.bits() + " bit " + Networks.words(inputs.sign()) + offset(inputs);
  }

  private static String offset(QuantizerSpec spec) {
    return spec.learnsOffset() ? ", offset " + Networks.words(spec.offset()) : "";
  }
}
