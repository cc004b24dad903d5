package org.lsq4j.deploy.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.Shape;

/**
 * Makes ONNX models from graphs of integer operations. Images are [N, channels, height, width], as
 * is usual in ONNX, vectors [N, channels]; nodes and tensors have the layers' names.
 */
public final class OnnxExporter {

  /** Name of the model's input. */
  public static final String INPUT = "input";

  /** Name of the model's output. */
  public static final String OUTPUT = "output";

  /** What the quantizer of a layer's input is called, behind the layer's name. */
  static final String QUANTIZED_INPUT = "input";

  private final IntegerGraph graph;
  private final OnnxOptions options;
  private final OnnxNodes nodes = new OnnxNodes(INPUT, OUTPUT);

  private OnnxExporter(IntegerGraph graph, OnnxOptions options) {
    this.graph = graph;
    this.options = options;
  }

  /**
   * A model as the bytes of a file.
   *
   * @param producerVersion the version of this program, for people
   * @throws OnnxFileException if ONNX's operators of that version cannot compute it
   */
  public static byte[] toBytes(IntegerGraph graph, OnnxOptions options, String producerVersion) {
    return new OnnxExporter(graph, options).model(producerVersion).toByteArray();
  }

  private ModelProto model(String producerVersion) {
    QdqQuantizers standard = new QdqQuantizers(nodes, options);
    addNodes(quantizers(standard));
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(irVersion())
            .setProducerName(OnnxMetadata.PRODUCER)
            .setProducerVersion(producerVersion)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(options.opset()))
            .setGraph(
                nodes
                    .graph()
                    .setName(graph.info().dataset().isEmpty() ? "network" : graph.info().dataset())
                    .addInput(described(INPUT, graph.inputShape()))
                    .addOutput(described(OUTPUT, graph.outputShape())));
    if (options.form() == OnnxForm.QONNX) {
      model.addOpsetImport(
          OperatorSetIdProto.newBuilder().setDomain(QonnxQuantizers.DOMAIN).setVersion(1));
    }
    Map<String, Integer> weightBits = standard.weightBits();
    model.addAllMetadataProps(OnnxMetadata.of(graph.info(), weightBits));
    return model.build();
  }

  private Quantizers quantizers(QdqQuantizers standard) {
    return switch (options.form()) {
      case QDQ -> standard;
      case QONNX -> new QonnxQuantizers(nodes);
      case FLOAT -> new NoQuantizers(nodes);
      case EVERYWHERE -> new EverywhereQuantizers(graph, standard);
    };
  }

  /** The oldest version of the file format that has the operators: older programs can read it. */
  private long irVersion() {
    int opset = options.opset();
    if (opset < 15) {
      return 7;
    }
    if (opset < 19) {
      return 8;
    }
    return opset < 21 ? 9 : opset < 23 ? 10 : opset - 12;
  }

  private void addNodes(Quantizers quantizers) {
    OperationWriter writer = new OperationWriter(graph, nodes, quantizers, options.opset());
    List<OnnxValue> values = new ArrayList<>();
    for (int number = 0; number < graph.nodes().size(); number++) {
      List<OnnxValue> inputs =
          graph.nodes().get(number).inputs().stream().map(values::get).toList();
      values.add(quantizers.behind(number, writer.write(number, inputs)));
    }
    boolean isVector = graph.outputShape().isVector();
    String last = writer.shaped(values.get(graph.output()), isVector).name();
    if (nodes.graph().getNodeCount() == 0) {
      last = nodes.add("identity", "Identity", List.of(last));
    }
    int index = nodes.graph().getNodeCount() - 1;
    NodeProto.Builder node = nodes.graph().getNodeBuilder(index);
    if (!node.getOutput(0).equals(last)) {
      throw new IllegalStateException("The last node gives " + node.getOutput(0) + ", not " + last);
    }
    node.setOutput(0, OUTPUT);
  }

  private ValueInfoProto described(String name, Shape shape) {
    TensorShapeProto.Builder sizes = TensorShapeProto.newBuilder();
    sizes.addDim(
        options.batch() == OnnxOptions.DYNAMIC
            ? Dimension.newBuilder().setDimParam("N")
            : Dimension.newBuilder().setDimValue(options.batch()));
    sizes.addDim(Dimension.newBuilder().setDimValue(shape.channels()));
    if (!shape.isVector()) {
      sizes.addDim(Dimension.newBuilder().setDimValue(shape.height()));
      sizes.addDim(Dimension.newBuilder().setDimValue(shape.width()));
    }
    TypeProto.Tensor type =
        TypeProto.Tensor.newBuilder()
            .setElemType(TensorProto.DataType.FLOAT.getNumber())
            .setShape(sizes)
            .build();
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(type))
        .build();
  }
}
