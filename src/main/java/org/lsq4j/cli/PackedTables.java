package org.lsq4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.lsq4j.cli.Table.Column;
import org.lsq4j.deploy.graph.ModelInfo.PixelScaling;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.experiment.PackedInspection;
import org.lsq4j.experiment.PackedInspection.NodeSummary;
import org.lsq4j.experiment.PackedInspection.WeightSummary;
import org.lsq4j.network.Networks;
import org.lsq4j.quantizer.OffsetMode;

/** A packed model for people. */
final class PackedTables {

  private PackedTables() {}

  static List<String> of(PackedInspection inspection) {
    List<String> lines = new ArrayList<>();
    lines.add(inspection.file() + ": packed model, version " + inspection.version());
    lines.add(
        "  data  " + data(inspection.dataset(), inspection.classNames(), inspection.scaling()));
    lines.add(
        Texts.of(
            "  size  %s KB, of which numbers take %s KB; in float %s KB",
            Texts.kilobytes(inspection.fileBytes()),
            Texts.kilobytes(inspection.size().bytes()),
            Texts.kilobytes(inspection.size().floatBytes())));
    lines.add("");
    lines.addAll(nodes(inspection.nodes()));
    return lines;
  }

  /** What a deployed model says of its data; empty and null are not known. */
  static String data(String dataset, List<String> classNames, PixelScaling scalingOrNull) {
    String scaling = scalingOrNull == null ? "not known" : scalingOrNull.kind();
    return dataset.isEmpty()
        ? "not known; normalization " + scaling
        : Texts.of("%s, %d classes, normalization %s", dataset, classNames.size(), scaling);
  }

  private static List<String> nodes(List<NodeSummary> nodes) {
    Table table =
        new Table(
            Column.right("node"),
            Column.left("layer"),
            Column.left("operation"),
            Column.left("reads"),
            Column.left("result"),
            Column.left("quantizer"),
            Column.right("step"));
    for (NodeSummary node : nodes) {
      table.row(
          Integer.toString(node.number()),
          node.name(),
          node.operation(),
          node.inputs().stream().map(String::valueOf).collect(Collectors.joining(" ")),
          node.output(),
          quantizer(node),
          step(node));
    }
    return table.lines();
  }

  private static String quantizer(NodeSummary node) {
    if (node.codes() != null) {
      return describe(node.codes());
    }
    WeightSummary weights = node.weights();
    return weights == null ? "-" : Texts.of("%d bit weights", weights.bits());
  }

  private static String describe(Quantizer quantizer) {
    String offset =
        quantizer.offset().mode() == OffsetMode.NONE
            ? ""
            : Texts.of(", offset %.4g steps", quantizer.offset().steps());
    return Texts.of("%d bit %s%s", quantizer.bits(), Networks.words(quantizer.sign()), offset);
  }

  private static String step(NodeSummary node) {
    if (node.codes() != null) {
      return Texts.of("%.4g", node.codes().step());
    }
    return node.weights() == null ? "-" : Texts.mean(node.weights().steps());
  }
}
