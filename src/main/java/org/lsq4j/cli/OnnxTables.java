package org.lsq4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.lsq4j.cli.Table.Column;
import org.lsq4j.deploy.onnx.OnnxContents.OnnxQuantizer;
import org.lsq4j.experiment.OnnxInspection;
import org.lsq4j.network.Networks;

/** An ONNX model for people. */
final class OnnxTables {

  private OnnxTables() {}

  static List<String> of(OnnxInspection inspection) {
    List<String> lines = new ArrayList<>();
    lines.add(
        Texts.of(
            "%s: ONNX model, %s, opset %d",
            inspection.file(), Networks.words(inspection.form()), inspection.opset()));
    lines.add(
        "  data   "
            + PackedTables.data(
                inspection.dataset(), inspection.classNames(), inspection.scaling()));
    lines.add(Texts.of("  size   %s KB", Texts.kilobytes(inspection.fileBytes())));
    lines.add(
        "  nodes  "
            + inspection.operators().entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey())
                .collect(Collectors.joining(", ")));
    lines.add("");
    lines.addAll(quantizers(inspection.quantizers()));
    return lines;
  }

  private static List<String> quantizers(List<OnnxQuantizer> quantizers) {
    Table table =
        new Table(
            Column.left("quantizer"),
            Column.left("role"),
            Column.left("codes"),
            Column.left("stored as"),
            Column.right("scale"),
            Column.right("zero point"));
    for (OnnxQuantizer quantizer : quantizers) {
      table.row(
          quantizer.name(),
          quantizer.ofWeights() ? "weights" : "input",
          Texts.of("%d bit %s", quantizer.bits(), quantizer.isSigned() ? "signed" : "unsigned"),
          quantizer.type(),
          Texts.mean(quantizer.scales()),
          Texts.of("%.4g", quantizer.zeroPoint()));
    }
    return table.lines();
  }
}
