package org.lsq4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.data.Datasets;
import org.lsq4j.data.ImageSet;
import org.lsq4j.data.ImageShape;
import org.lsq4j.deploy.format.PackedFormat;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.Node;
import org.lsq4j.deploy.graph.Operation.Quantize;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.experiment.TinyNetwork;

/** From a trained model file to exported ones, and what commands do with these. */
class ExportTest {

  private static final String DATA = "fashion-mnist-mini";

  @TempDir private static Path folder;

  private static String network;
  private static String packed;
  private static String onnx;
  private static String exportOutput;

  @BeforeAll
  static void trainAndExport() throws IOException {
    TinyNetwork.write(folder.resolve("tiny.zip"), new ImageShape(28, 28, 1), 10);
    Path config = folder.resolve("tiny.yaml");
    Files.writeString(
        config,
        """
        name: tiny
        data: {name: fashion-mnist-mini, trainLimit: 256, testLimit: 64}
        network: {model: "%s"}
        float: {epochs: 2, batch: 32, learningRate: 0.02}
        training: {epochs: 1, batch: 32, learningRate: 0.01}
        runs:
          - {name: W3A4, weights: 3, inputs: 4}
        """
            .formatted(folder.resolve("tiny.zip")));
    Path out = folder.resolve("out");
    CommandLineRun.successful("train", config.toString(), "--out", out.toString());
    network = out.resolve("W3A4/last.zip").toString();
    packed = folder.resolve("tiny.lsq").toString();
    exportOutput =
        CommandLineRun.successful("export", network, "--format", "packed", "--out", packed);
    CommandLineRun.successful("export", network, "--format", "onnx");
    onnx = out.resolve("W3A4/last.onnx").toString();
  }

  private static String error(String... args) {
    CommandLineRun run = CommandLineRun.of(args);
    assertEquals(2, run.exitCode(), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
    return run.err();
  }

  private static String accuracy(String model) {
    String out = CommandLineRun.successful("evaluate", model, "--data", DATA);
    assertTrue(out.matches("(?s)accuracy \\d+\\.\\d\\d % on 1,000 test images.*"), out);
    return out.substring(0, out.indexOf(" on "));
  }

  @Test
  void exportTellsTheSizeOfTheFile() throws IOException {
    long bytes = Files.size(Path.of(packed));
    assertTrue(exportOutput.contains(Texts.kilobytes(bytes) + " KB"), exportOutput);
  }

  @Test
  void packedModelsPredictAsTheNetwork() {
    assertEquals(accuracy(network), accuracy(packed));
  }

  @Test
  void theBatchDoesNotMatterButTheNormalizationDoes() {
    String[] evaluate = {"evaluate", packed, "--data", DATA, "--batch", "7"};
    String out = CommandLineRun.successful(evaluate);
    assertTrue(out.startsWith(accuracy(packed)), out);
    String other =
        CommandLineRun.successful("evaluate", packed, "--data", DATA, "--normalization", "none");
    assertFalse(other.startsWith(accuracy(packed)), other);
  }

  @Test
  void aNetworkAloneIsSmallerAndPredictsTheSame() throws IOException {
    String out = CommandLineRun.successful("export", network, "--format", "dl4j");
    Path alone = Path.of(network).resolveSibling("last.dl4j.zip");
    long bytes = Files.size(alone);
    assertEquals(
        "written to " + alone + ": " + Texts.kilobytes(bytes) + " KB", out.lines().toList().get(0));
    assertTrue(bytes < 0.7 * Files.size(Path.of(network)), bytes + " bytes");
    assertEquals(accuracy(network), accuracy(alone.toString()));
  }

  @Test
  void aModelIsNotReplacedByItsExport() throws IOException {
    long bytes = Files.size(Path.of(network));
    String message = error("export", network, "--format", "dl4j", "--out", network, "--overwrite");
    assertTrue(message.contains("the model itself"), message);
    assertEquals(bytes, Files.size(Path.of(network)));
  }

  @Test
  void floatNetworksCanBeWrittenAloneToo() {
    String tiny = folder.resolve("tiny.zip").toString();
    String alone = folder.resolve("alone.zip").toString();
    CommandLineRun.successful("export", tiny, "--format", "dl4j", "--out", alone);
    String again = error("export", tiny, "--format", "dl4j", "--out", alone);
    assertTrue(again.contains("--overwrite"), again);
  }

  @Test
  void anotherNetworkTakesNoOptionsOfIntegerForms() {
    String message = error("export", network, "--format", "dl4j", "--opset", "21");
    assertTrue(message.contains("this one is dl4j"), message);
    String shape = error("export", network, "--format", "dl4j", "--shape", "28x28x1");
    assertTrue(shape.contains("takes what it was built for"), shape);
  }

  @Test
  void inspectShowsWhatIsInAPackedModel() throws IOException {
    String out = CommandLineRun.successful("inspect", packed);
    for (String expected :
        List.of(
            "packed model, version 1",
            "fashion-mnist-mini, 10 classes, normalization standardize",
            "convolution",
            "3 bit weights",
            "4 bit signed")) {
      assertTrue(out.contains(expected), () -> expected + " is not in\n" + out);
    }
    JsonNode json =
        new ObjectMapper().readTree(CommandLineRun.successful("inspect", packed, "--json"));
    assertEquals("input", json.at("/nodes/0/operation").asText());
    assertEquals(8, json.at("/nodes/1/codes/bits").asInt());
    assertEquals("standardize", json.at("/scaling/kind").asText());
  }

  @Test
  void onnxModelsPredictAsTheNetwork() {
    String out = CommandLineRun.successful("evaluate", onnx, "--data", DATA, "--against", network);
    assertTrue(out.contains("gives the same class for 1,000 of 1,000 images"), out);
    String qonnx = folder.resolve("quant.bin").toString();
    CommandLineRun.successful(
        "export", network, "--format", "qonnx", "--out", qonnx, "--batch", "32", "--opset", "17");
    assertEquals(accuracy(network), accuracy(qonnx));
  }

  @Test
  void inspectShowsTheQuantizersOfOnnxModels() throws IOException {
    String out = CommandLineRun.successful("inspect", onnx);
    for (String expected :
        List.of(
            "ONNX model, qdq, opset 21",
            "fashion-mnist-mini, 10 classes, normalization standardize",
            "QuantizeLinear",
            "3 bit signed",
            "int4")) {
      assertTrue(out.contains(expected), () -> expected + " is not in\n" + out);
    }
    JsonNode json =
        new ObjectMapper().readTree(CommandLineRun.successful("inspect", onnx, "--json"));
    assertEquals(8, json.at("/quantizers/0/bits").asInt());
    assertEquals("standardize", json.at("/scaling/kind").asText());
  }

  @Test
  void comparisonsNeedModelsOfOneKind() {
    assertTrue(error("evaluate", onnx, "--data", DATA, "--against", onnx).contains(".zip or .lsq"));
    String missing = folder.resolve("none.onnx").toString();
    assertTrue(
        error("evaluate", packed, "--data", DATA, "--against", missing).contains("no such file"));
  }

  @Test
  void disagreementsAreTracedToTheFirstLayerWithOtherCodes() {
    IntegerGraph graph = PackedFormat.read(Path.of(packed));
    List<Node> nodes = new ArrayList<>(graph.nodes());
    List<Integer> quantizers =
        IntStream.range(0, nodes.size())
            .filter(i -> nodes.get(i).operation() instanceof Quantize)
            .boxed()
            .toList();
    Node first = nodes.get(quantizers.get(0));
    Quantizer right = ((Quantize) first.operation()).quantizer();
    // The first layer gets the same numbers, but takes them for larger ones.
    Quantizer wrong =
        new Quantizer(right.bits(), right.sign(), right.span(), right.step() * 2, right.offset());
    nodes.set(quantizers.get(0), new Node(first.name(), new Quantize(wrong), first.inputs()));
    Path other = folder.resolve("wrong.lsq");
    PackedFormat.write(IntegerGraph.of(nodes, graph.info()), other);

    String out =
        CommandLineRun.successful(
            "evaluate", packed, "--data", DATA, "--against", other.toString());
    List<String> lines = out.lines().toList();
    Matcher same = Pattern.compile("for ([\\d,]+) of 1,000 images").matcher(lines.get(1));
    assertTrue(same.find(), out);
    int disagreements = 1000 - Integer.parseInt(same.group(1).replace(",", ""));
    assertTrue(disagreements > 0, out);
    assertEquals(disagreements + 5, lines.size(), out);
    String layer = graph.nameOfReader(quantizers.get(1));
    assertTrue(lines.subList(5, lines.size()).stream().allMatch(l -> l.contains(layer)), out);
  }

  @Test
  void optionsOfOnnxAreChecked() {
    String[] base = {"export", network, "--overwrite", "--format"};
    assertTrue(error(with(base, "packed", "--opset", "21")).contains("only formats onnx"));
    assertTrue(error(with(base, "onnx", "--opset", "12")).contains("13 to 24"));
    assertTrue(error(with(base, "onnx", "--batch", "some")).contains("dynamic"));
    assertTrue(error("export", onnx, "--format", "onnx", "--overwrite").contains("ONNX model"));
  }

  private static String[] with(String[] base, String... more) {
    return Stream.of(base, more).flatMap(Stream::of).toArray(String[]::new);
  }

  @Test
  void predictGivesTheSameForAllKindsOfModel() throws IOException {
    ImageSet test = Datasets.load(DATA, folder).test();
    Path grey = folder.resolve("grey.png");
    ImageIO.write(image(test, 3, BufferedImage.TYPE_BYTE_GRAY), "png", grey.toFile());
    Path colour = folder.resolve("colour.png");
    ImageIO.write(image(test, 3, BufferedImage.TYPE_INT_RGB), "png", colour.toFile());

    String out = CommandLineRun.successful("predict", packed, grey.toString(), colour.toString());
    List<String> lines = out.lines().toList();
    assertEquals(2, lines.size(), out);
    assertTrue(lines.get(0).matches(".*grey\\.png: \\S.* 0\\.\\d{3}, .* \\d\\.\\d{3}"), out);
    assertEquals(
        lines.get(0).replace("grey", ""), lines.get(1).replace("colour", ""), "grey and colour");
    assertEquals(
        lines.get(0) + System.lineSeparator(),
        CommandLineRun.successful("predict", network, grey.toString()));
    // ONNX Runtime's optimisations round biases.
    assertEquals(
        withoutNumbers(lines.get(0)),
        withoutNumbers(CommandLineRun.successful("predict", onnx, grey.toString()).strip()));
  }

  private static String withoutNumbers(String ranking) {
    return ranking.replaceAll("\\d\\.\\d+", "");
  }

  private static BufferedImage image(ImageSet images, int index, int type) {
    ImageShape shape = images.shape();
    float[] pixels = new float[shape.size()];
    images.copyPixels(index, pixels, 0);
    BufferedImage image = new BufferedImage(shape.width(), shape.height(), type);
    int bands = image.getRaster().getNumBands();
    for (int i = 0; i < pixels.length; i++) {
      for (int band = 0; band < bands; band++) {
        image
            .getRaster()
            .setSample(i % shape.width(), i / shape.width(), band, Math.round(pixels[i]));
      }
    }
    return image;
  }

  @Test
  void filesAreReplacedOnRequestOnly() {
    String[] export = {"export", network, "--format", "packed", "--out", packed};
    assertTrue(error(export).contains("--overwrite"));
    CommandLineRun.successful(
        "export", network, "--format", "packed", "--out", packed, "--overwrite");
  }

  @Test
  void whatCannotBeExportedIsSaid() {
    String out = folder.resolve("none.lsq").toString();
    String foreign = folder.resolve("tiny.zip").toString();
    String[] withoutShape = {"export", foreign, "--format", "packed", "--out", out};
    assertTrue(error(withoutShape).contains("--shape"));
    String notQuantized =
        error("export", foreign, "--format", "packed", "--out", out, "--shape", "28x28x1");
    assertTrue(notQuantized.contains("conv1") && notQuantized.contains("quantize"), notQuantized);
    String again = error("export", packed, "--format", "packed", "--out", out);
    assertTrue(again.contains("packed model already"), again);
    assertTrue(Files.notExists(Path.of(out)));
  }

  @Test
  void damagedAndMissingFilesAreSaid() throws IOException {
    byte[] bytes = Files.readAllBytes(Path.of(packed));
    bytes[bytes.length / 2] ^= 1;
    String damaged = Files.write(folder.resolve("damaged.lsq"), bytes).toString();
    assertTrue(error("evaluate", damaged, "--data", DATA).contains("checksum"));
    assertTrue(error("inspect", damaged).contains("damaged.lsq"));
    String missing = folder.resolve("missing.png").toString();
    assertTrue(error("predict", packed, missing).contains("no such file"));
    String noModel = Files.writeString(folder.resolve("text.onnx"), "no model").toString();
    assertTrue(error("evaluate", noModel, "--data", DATA).contains("no ONNX model"));
    assertTrue(error("inspect", noModel).contains("text.onnx"));
    assertTrue(error("predict", packed, packed).contains("is no image"));
    assertTrue(error("predict", packed, packed, "--top", "0").contains("--top"));
  }
}
