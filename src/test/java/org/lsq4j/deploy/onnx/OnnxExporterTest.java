package org.lsq4j.deploy.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lsq4j.compute.Padding2D;
import org.lsq4j.compute.Size2D;
import org.lsq4j.deploy.Predictions;
import org.lsq4j.deploy.RandomGraphs;
import org.lsq4j.deploy.graph.Activation;
import org.lsq4j.deploy.graph.Affine;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.ModelInfo;
import org.lsq4j.deploy.graph.Offset;
import org.lsq4j.deploy.graph.Operation.Activate;
import org.lsq4j.deploy.graph.Operation.Add;
import org.lsq4j.deploy.graph.Operation.Convolution;
import org.lsq4j.deploy.graph.Operation.Dense;
import org.lsq4j.deploy.graph.Operation.Flatten;
import org.lsq4j.deploy.graph.Operation.Input;
import org.lsq4j.deploy.graph.Operation.Pool;
import org.lsq4j.deploy.graph.Operation.PoolKind;
import org.lsq4j.deploy.graph.Operation.Quantize;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.deploy.graph.Shape;
import org.lsq4j.deploy.graph.Weights;
import org.lsq4j.deploy.graph.Window;
import org.lsq4j.deploy.onnx.OnnxContents.OnnxQuantizer;
import org.lsq4j.files.DurableFile;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.CodeSpan;

/** What is in exported files, and what is refused. */
class OnnxExporterTest {

  private static final float[] ADDENDS = {0.5f, -0.25f};

  @TempDir private Path folder;

  private static Quantizer unsigned(int bits, Offset offset) {
    return new Quantizer(bits, CodeSign.UNSIGNED, CodeSpan.FULL, 0.5f, offset);
  }

  /** A convolution of 3-bit weights, a rectifier and a dense layer of 8-bit ones. */
  private static IntegerGraph graph(Affine affine, Offset offset) {
    byte[] codes = {1, -2, 3, -3, 2, 0, 0, 1, 1, 3, -1, 2, -4, 1, 2, 3, 0, 1};
    if (affine.hasFactors()) {
      codes[12] = -3;
    }
    Window window = new Window(new Size2D(3, 3), Size2D.ONE, Size2D.ONE, Padding2D.symmetric(1, 1));
    IntegerGraph.Builder graph = new IntegerGraph.Builder();
    int input = graph.add("input", new Input(new Shape(3, 2, 1)));
    int first = graph.add("", new Quantize(unsigned(4, offset)), input);
    Weights weights = new Weights(3, CodeSpan.FULL, 2, codes, new float[] {0.25f});
    int conv = graph.add("conv", new Convolution(window, 1, weights, affine), first);
    int relu = graph.add("", Activate.of(Activation.RELU), conv);
    int flat = graph.add("", new Flatten(), relu);
    int second = graph.add("", new Quantize(unsigned(8, Offset.NONE)), flat);
    byte[] dense = new byte[24];
    for (int i = 0; i < dense.length; i++) {
      dense[i] = (byte) (i * 11 - 128);
    }
    Weights last = new Weights(8, CodeSpan.FULL, 2, dense, new float[] {0.5f, 0.125f});
    graph.add("dense", new Dense(last, Affine.adding(new float[2])), second);
    return graph.build(ModelInfo.UNKNOWN);
  }

  private static IntegerGraph plain() {
    return graph(Affine.adding(ADDENDS), Offset.NONE);
  }

  private static ModelProto model(IntegerGraph graph, OnnxOptions options) {
    return OnnxFile.parse(OnnxExporter.toBytes(graph, options, "1.2.3"));
  }

  private static Map<String, TensorProto> initializers(ModelProto model) {
    return model.getGraph().getInitializerList().stream()
        .collect(Collectors.toMap(TensorProto::getName, Function.identity()));
  }

  private static List<String> operators(ModelProto model) {
    return model.getGraph().getNodeList().stream().map(NodeProto::getOpType).toList();
  }

  private static void assertComputesTheSame(IntegerGraph graph, OnnxForm form) {
    float[] inputs = RandomGraphs.inputs(graph, 50, 3);
    assertArrayEquals(
        Predictions.of(graph, "java", inputs), Predictions.ofOnnx(graph, form, inputs), 1e-4f);
  }

  @Test
  void layersGiveNodesAndTensorsTheirNames() {
    ModelProto model = model(plain(), OnnxOptions.DEFAULT);
    List<String> names = model.getGraph().getNodeList().stream().map(NodeProto::getName).toList();
    assertTrue(
        names.containsAll(
            List.of("conv/input/quantize", "conv/weight", "conv", "conv/relu", "dense")),
        names::toString);
    assertEquals("LSQ4J 1.2.3", model.getProducerName() + " " + model.getProducerVersion());
    assertEquals("input", model.getGraph().getInput(0).getName());
    assertEquals("output", model.getGraph().getOutput(0).getName());
  }

  @Test
  void weightsAreIntegersOfFourOrEightBits() {
    Map<String, TensorProto> tensors = initializers(model(plain(), OnnxOptions.DEFAULT));
    TensorProto conv = tensors.get("conv.weight");
    assertEquals(TensorProto.DataType.INT4.getNumber(), conv.getDataType());
    assertEquals(List.of(2L, 1L, 3L, 3L), conv.getDimsList());
    assertEquals(9, conv.getRawData().size());
    // Codes 1 and -2, the first in the lower half.
    assertEquals((byte) 0xe1, conv.getRawData().byteAt(0));
    assertEquals(TensorProto.DataType.INT8.getNumber(), tensors.get("dense.weight").getDataType());
    assertEquals(2, tensors.get("dense.weight_scale").getDims(0));

    tensors = initializers(model(plain(), OnnxOptions.DEFAULT.withOpset(20)));
    assertEquals(TensorProto.DataType.INT8.getNumber(), tensors.get("conv.weight").getDataType());
  }

  @Test
  void onlyNarrowerQuantizersClip() {
    ModelProto model = model(plain(), OnnxOptions.DEFAULT);
    assertEquals(1, operators(model).stream().filter("Clip"::equals).count());
    Map<String, TensorProto> tensors = initializers(model);
    assertEquals(0, CodeType.UINT8.first(tensors.get("conv/input.min").getRawData()));
    assertEquals(15, CodeType.UINT8.first(tensors.get("conv/input.max").getRawData()));
  }

  /** An optimiser rounds the bias of a product to multiples of both steps: 0.125 here. */
  @Test
  void optimisersLeaveTheBiasOfFourBitWeightsAlone() {
    Window window = new Window(new Size2D(1, 1), Size2D.ONE, Size2D.ONE, Padding2D.NONE);
    Affine bias = Affine.adding(new float[] {0.31f, -0.2f});
    IntegerGraph.Builder builder = new IntegerGraph.Builder();
    int node = builder.add("input", new Input(new Shape(3, 2, 2)));
    for (String name : List.of("conv1", "conv2", "conv3")) {
      node = builder.add("", new Quantize(unsigned(4, Offset.NONE)), node);
      byte[] codes = {1, -2, 3, -3};
      Weights weights = new Weights(3, CodeSpan.FULL, 2, codes, new float[] {0.25f});
      node = builder.add(name, new Convolution(window, 1, weights, bias), node);
    }
    IntegerGraph graph = builder.build(ModelInfo.UNKNOWN);
    float[] inputs = RandomGraphs.inputs(graph, 200, 3);
    float[] expected = Predictions.of(graph, "java", inputs);
    float[] outputs = new float[expected.length];
    byte[] file = OnnxExporter.toBytes(graph, OnnxOptions.DEFAULT, "test");
    try (OnnxModel model = OnnxModel.of(file, OnnxRunOptions.DEFAULT)) {
      model.predict(inputs, 200, outputs);
    }
    assertArrayEquals(expected, outputs, 1e-4f);
  }

  @Test
  void integerOffsetsAreZeroPoints() {
    for (int offset : new int[] {-7, 5, -300, 300}) {
      IntegerGraph graph = graph(Affine.adding(ADDENDS), Offset.integer(offset));
      Optional<CodeStorage> storage = CodeStorage.of(unsigned(4, Offset.integer(offset)));
      assertEquals(Math.abs(offset) < 256, storage.isPresent(), "offset " + offset);
      storage.ifPresent(
          s -> assertEquals(offset, s.lowest() - s.zeroPoint(), "code 0 stands for the offset"));
      assertEquals(storage.isEmpty(), operators(model(graph, OnnxOptions.DEFAULT)).contains("Sub"));
      assertComputesTheSame(graph, OnnxForm.QDQ);
      assertComputesTheSame(graph, OnnxForm.QONNX);
    }
  }

  @Test
  void realOffsetsAreSubtractedAndAdded() {
    IntegerGraph graph = graph(Affine.adding(ADDENDS), Offset.real(-3.3f));
    assertTrue(operators(model(graph, OnnxOptions.DEFAULT)).contains("Sub"));
    assertComputesTheSame(graph, OnnxForm.QDQ);
    assertComputesTheSame(graph, OnnxForm.QONNX);
  }

  @Test
  void factorsGoIntoScalesOrStayBehind() {
    for (float[] factors : new float[][] {{2, 3}, {-2, 3}, {0, -1}}) {
      IntegerGraph graph = graph(Affine.of(factors, ADDENDS), Offset.NONE);
      ModelProto model = model(graph, OnnxOptions.DEFAULT);
      assertTrue(!operators(model).contains("Mul"), "factors are folded");
      for (float scale : QuantExpansion.floats(initializers(model).get("conv.weight_scale"))) {
        assertTrue(scale > 0, "scale " + scale);
      }
      assertComputesTheSame(graph, OnnxForm.QDQ);
      assertComputesTheSame(graph, OnnxForm.QONNX);
    }
  }

  @Test
  void theLowestCodeHasNoOpposite() {
    byte[] codes = {-4, 1, 3, 2};
    IntegerGraph.Builder builder = new IntegerGraph.Builder();
    int input = builder.add("input", new Input(Shape.vector(2)));
    int quantized = builder.add("", new Quantize(unsigned(4, Offset.NONE)), input);
    Weights weights = new Weights(3, CodeSpan.FULL, 2, codes, new float[] {0.5f});
    builder.add("dense", new Dense(weights, Affine.of(new float[] {-1.5f, 2}, ADDENDS)), quantized);
    IntegerGraph graph = builder.build(ModelInfo.UNKNOWN);
    assertTrue(operators(model(graph, OnnxOptions.DEFAULT)).contains("Mul"));
    assertComputesTheSame(graph, OnnxForm.QDQ);
    assertComputesTheSame(graph, OnnxForm.QONNX);
  }

  @Test
  void qonnxHasFloatWeightsAndQuantNodes() {
    ModelProto model = model(plain(), OnnxOptions.DEFAULT.withForm(OnnxForm.QONNX));
    assertEquals(4, operators(model).stream().filter("Quant"::equals).count());
    assertEquals("qonnx.custom_op.general", model.getOpsetImport(1).getDomain());
    TensorProto weights = initializers(model).get("conv.weight");
    assertEquals(0.25f, QuantExpansion.firstFloat(weights));
    assertTrue(operators(QuantExpansion.expanded(model)).contains("Round"));
    List<OnnxQuantizer> quantizers = OnnxContents.of(model.toByteArray()).quantizers();
    assertEquals(List.of(4, 3, 8, 8), quantizers.stream().map(OnnxQuantizer::bits).toList());
  }

  @Test
  void floatHasTheSameWeightsAndNoQuantizers() {
    ModelProto model = model(plain(), OnnxOptions.DEFAULT.withForm(OnnxForm.FLOAT));
    for (String operator : operators(model)) {
      assertFalse(operator.matches(".*Linear|Clip|Quant"), operator);
    }
    ModelProto quantized = model(plain(), OnnxOptions.DEFAULT.withForm(OnnxForm.QONNX));
    for (String weights : List.of("conv.weight", "dense.weight")) {
      assertEquals(initializers(quantized).get(weights), initializers(model).get(weights));
    }
    // It runs, and an input of which nothing is lost in quantizers gives the same.
    float[] zeros = new float[plain().inputShape().size()];
    assertArrayEquals(
        Predictions.ofOnnx(onlyOneLayer(), OnnxForm.QDQ, zeros),
        Predictions.ofOnnx(onlyOneLayer(), OnnxForm.FLOAT, zeros),
        1e-6f);
  }

  @Test
  void quantizersCanBeEverywhere() {
    IntegerGraph.Builder builder = new IntegerGraph.Builder();
    int input = builder.add("input", new Input(new Shape(4, 4, 2)));
    int relu = builder.add("relu", Activate.of(Activation.RELU), input);
    builder.add("sum", new Add(), input, relu);
    ModelProto model =
        model(builder.build(ModelInfo.UNKNOWN), OnnxOptions.DEFAULT.withForm(OnnxForm.EVERYWHERE));
    assertEquals(
        List.of(
            "QuantizeLinear",
            "DequantizeLinear",
            "Relu",
            "QuantizeLinear",
            "DequantizeLinear",
            "Add",
            "QuantizeLinear",
            "DequantizeLinear"),
        operators(model));
  }

  /** The first layer alone. */
  private static IntegerGraph onlyOneLayer() {
    IntegerGraph graph = plain();
    int conv = 0;
    while (!graph.nodes().get(conv).name().equals("conv")) {
      conv++;
    }
    return graph.upTo(conv);
  }

  @Test
  void contentsTellQuantizers() {
    OnnxContents contents =
        OnnxContents.of(OnnxExporter.toBytes(plain(), OnnxOptions.DEFAULT, "1"));
    assertEquals(OnnxForm.QDQ, contents.form());
    assertEquals(21, contents.opset());
    assertEquals(
        List.of(
            new OnnxQuantizer("conv/input", false, "uint8", 4, false, List.of(0.5), 0),
            new OnnxQuantizer("conv/weight", true, "int4", 3, true, List.of(0.25), 0),
            new OnnxQuantizer("dense/input", false, "uint8", 8, false, List.of(0.5), 0),
            new OnnxQuantizer("dense/weight", true, "int8", 8, true, List.of(0.5, 0.125), 0)),
        contents.quantizers());
  }

  @Test
  void fixedBatchesAreCutAndFilledUp() {
    IntegerGraph graph = plain();
    float[] inputs = RandomGraphs.inputs(graph, 7, 1);
    float[] outputs = new float[14];
    byte[] file = OnnxExporter.toBytes(graph, OnnxOptions.DEFAULT.withBatch(3), "1");
    assertEquals(
        3,
        OnnxFile.parse(file)
            .getGraph()
            .getInput(0)
            .getType()
            .getTensorType()
            .getShape()
            .getDim(0)
            .getDimValue());
    try (OnnxModel model = OnnxModel.of(file, OnnxRunOptions.LITERAL)) {
      model.predict(inputs, 7, outputs);
    }
    assertArrayEquals(Predictions.ofOnnx(graph, OnnxForm.QDQ, inputs), outputs);
  }

  @ParameterizedTest
  @ValueSource(ints = {13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24})
  void everyOpsetRuns(int opset) {
    IntegerGraph graph = plain();
    float[] inputs = RandomGraphs.inputs(graph, 4, 1);
    float[] outputs = new float[8];
    byte[] file = OnnxExporter.toBytes(graph, OnnxOptions.DEFAULT.withOpset(opset), "1");
    try (OnnxModel model = OnnxModel.of(file, OnnxRunOptions.DEFAULT.withThreads(2))) {
      model.predict(inputs, 4, outputs);
    }
    float[] expected = Predictions.of(graph, "java", inputs);
    // All optimisations may round a bias to a product of two steps.
    assertArrayEquals(expected, outputs, 0.2f * Math.abs(largest(expected)));
  }

  private static float largest(float[] values) {
    float largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  @Test
  void whatReachesLayersCanBeSeen() {
    IntegerGraph graph = graph(Affine.adding(ADDENDS), Offset.real(-3.3f));
    float[] input = RandomGraphs.inputs(graph, 1, 4);
    for (OnnxForm form : List.of(OnnxForm.QDQ, OnnxForm.QONNX)) {
      byte[] file = OnnxExporter.toBytes(graph, OnnxOptions.DEFAULT.withForm(form), "1");
      Map<String, float[]> inputs = OnnxModel.layerInputs(file, input);
      assertEquals(List.of("conv", "dense"), List.copyOf(inputs.keySet()));
      assertArrayEquals(input, inputs.get("conv"));
      float[] expected = Predictions.of(graph.upTo(4), "java", input);
      assertArrayEquals(expected, inputs.get("dense"), 1e-5f);
    }
  }

  @Test
  void averagesWithDilationNeedANewOpset() {
    IntegerGraph.Builder builder = new IntegerGraph.Builder();
    int input = builder.add("input", new Input(new Shape(5, 5, 1)));
    Window window = new Window(new Size2D(2, 2), Size2D.ONE, new Size2D(2, 2), Padding2D.NONE);
    builder.add("mean", new Pool(PoolKind.AVERAGE, window), input);
    IntegerGraph graph = builder.build(ModelInfo.UNKNOWN);
    assertComputesTheSame(graph, OnnxForm.QDQ);
    OnnxFileException e =
        assertThrows(
            OnnxFileException.class,
            () -> OnnxExporter.toBytes(graph, OnnxOptions.DEFAULT.withOpset(18), "1"));
    assertTrue(e.getMessage().contains("mean") && e.getMessage().contains("19"), e.getMessage());
  }

  @Test
  void optionsAreChecked() {
    assertThrows(IllegalArgumentException.class, () -> OnnxOptions.DEFAULT.withOpset(12));
    assertThrows(IllegalArgumentException.class, () -> OnnxOptions.DEFAULT.withBatch(-1));
    assertThrows(IllegalArgumentException.class, () -> OnnxRunOptions.DEFAULT.withThreads(0));
  }

  private static String refusal(byte[] file) {
    OnnxFileException run =
        assertThrows(
            OnnxFileException.class, () -> OnnxModel.of(file, OnnxRunOptions.LITERAL).close());
    OnnxFileException read = assertThrows(OnnxFileException.class, () -> OnnxContents.of(file));
    return run.getMessage() + read.getMessage();
  }

  @Test
  void foreignAndDamagedFilesAreRefused() {
    byte[] file = OnnxExporter.toBytes(plain(), OnnxOptions.DEFAULT, "1");
    ModelProto model = OnnxFile.parse(file);
    byte[] foreign = model.toBuilder().setProducerName("pytorch").build().toByteArray();
    assertTrue(refusal(foreign).contains("pytorch"), refusal(foreign));
    byte[] bare = model.toBuilder().clearMetadataProps().build().toByteArray();
    assertTrue(refusal(bare).contains("not written by LSQ4J"), refusal(bare));
    assertTrue(refusal("text".getBytes(StandardCharsets.UTF_8)).contains("no ONNX model"));
    assertTrue(refusal(Arrays.copyOf(file, file.length / 2)).contains("no ONNX model"));
    assertTrue(refusal(new byte[0]).contains("no graph"));
  }

  @Test
  void filesAreKnownByTheirContent() throws IOException {
    Path file = folder.resolve("model.bin");
    DurableFile.write(file, OnnxExporter.toBytes(plain(), OnnxOptions.DEFAULT, "1"));
    assertTrue(OnnxFile.isOnnx(file));
    Path zip = Files.write(folder.resolve("model.zip"), new byte[] {'P', 'K', 3, 4});
    assertTrue(!OnnxFile.isOnnx(zip) && !OnnxFile.isOnnx(folder.resolve("none")));
  }
}
