package org.lsq4j.deploy.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.lsq4j.deploy.graph.ModelInfo;

/**
 * What is in an ONNX model of LSQ4J.
 *
 * @param form how quantizers are written
 * @param opset version of ONNX's operators
 * @param info how to feed it
 * @param operators how many nodes there are of each operator
 * @param quantizers all quantizers, in computation order
 */
public record OnnxContents(
    OnnxForm form,
    long opset,
    ModelInfo info,
    Map<String, Integer> operators,
    List<OnnxQuantizer> quantizers) {

  /**
   * A quantizer.
   *
   * @param name of the layer's weights or input
   * @param ofWeights whether it quantizes weights
   * @param type that codes are stored in
   * @param bits of a code
   * @param isSigned whether codes can be negative
   * @param scales one, or one for each output channel; with a folded batch norm in them
   * @param zeroPoint the code of 0
   */
  public record OnnxQuantizer(
      String name,
      boolean ofWeights,
      String type,
      int bits,
      boolean isSigned,
      List<Double> scales,
      double zeroPoint) {}

  /**
   * Reads a file.
   *
   * @throws OnnxFileException if it is no ONNX model of LSQ4J; the message names the file
   */
  public static OnnxContents read(Path file) {
    byte[] bytes = OnnxFile.read(file);
    try {
      return of(bytes);
    } catch (OnnxFileException e) {
      throw new OnnxFileException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /** What the bytes of a file hold. */
  static OnnxContents of(byte[] bytes) {
    ModelProto model = OnnxFile.parse(bytes);
    Map<String, String> metadata =
        model.getMetadataPropsList().stream()
            .collect(
                Collectors.toMap(
                    StringStringEntryProto::getKey,
                    StringStringEntryProto::getValue,
                    (first, second) -> first));
    ModelInfo info = OnnxMetadata.info(model.getProducerName(), metadata);
    GraphProto graph = model.getGraph();
    Map<String, Integer> operators = new TreeMap<>();
    graph.getNodeList().forEach(node -> operators.merge(node.getOpType(), 1, Integer::sum));
    boolean isQonnx = graph.getNodeList().stream().anyMatch(QuantExpansion::isQuant);
    return new OnnxContents(
        isQonnx ? OnnxForm.QONNX : OnnxForm.QDQ,
        opset(model),
        info,
        operators,
        new QuantizerReader(graph, OnnxMetadata.weightBits(metadata)).read());
  }

  private static long opset(ModelProto model) {
    return model.getOpsetImportList().stream()
        .filter(set -> set.getDomain().isEmpty())
        .mapToLong(OperatorSetIdProto::getVersion)
        .findFirst()
        .orElseThrow(() -> new OnnxFileException("it does not say its opset"));
  }
}
