package org.lsq4j.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.data.Datasets;
import org.lsq4j.data.ImageSet;
import org.lsq4j.data.ImageShape;
import org.lsq4j.deploy.Predictions;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.onnx.OnnxForm;
import org.lsq4j.deploy.runtime.IntegerModel;
import org.lsq4j.network.Networks;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.ModelCard;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The trained networks of this project: what is said of them, and their integer forms. */
class PublishedModelsTest {

  private static final Path MODELS = Path.of("models");
  private static final String NETWORK = "network.zip";
  private static final int IMAGES = 64;
  private static final int SIZE = 32;
  private static final int FEWEST_CLASSES = 5;

  /**
   * Difference of two probabilities that the rounding of float may turn: these pictures are of no
   * class, and it moves some activation of 8 bits to the next code.
   */
  private static final double TIE = 0.1;

  private static List<Path> folders() throws IOException {
    try (Stream<Path> files = Files.walk(MODELS)) {
      return files.filter(file -> file.endsWith(NETWORK)).map(Path::getParent).sorted().toList();
    }
  }

  private static List<Path> quantizedFolders() throws IOException {
    return folders().stream().filter(folder -> !folder.endsWith("float")).toList();
  }

  @Test
  void thereAreSome() throws IOException {
    assertFalse(quantizedFolders().isEmpty());
  }

  @ParameterizedTest
  @MethodSource("folders")
  void theTableSaysWhatTheRunFound(Path folder) throws IOException {
    String name = MODELS.relativize(folder).toString();
    String row =
        Files.readString(MODELS.resolve("README.md"))
            .lines()
            .filter(line -> line.startsWith("| [" + name + "]"))
            .findFirst()
            .orElseThrow(() -> new AssertionError(name + " is not in the table"));
    JsonNode result = new ObjectMapper().readTree(folder.resolve("results.json").toFile());
    double accuracy = accuracy(result, folder.getFileName().toString());
    assertTrue(row.contains(String.format(Locale.ROOT, "%.2f", 100 * accuracy)), row);
  }

  /** A second run, {@code NAME-longer}, goes on from the first. */
  private static double accuracy(JsonNode results, String bits) {
    double last = Double.NaN;
    for (JsonNode run : results.path("runs")) {
      String name = run.path("name").asText().toLowerCase(Locale.ROOT);
      if (name.equals(bits) || name.equals(bits + "-longer")) {
        last = run.path("testAccuracy").asDouble();
      }
    }
    assertFalse(Double.isNaN(last), "results.json has no run " + bits);
    return last;
  }

  @ParameterizedTest
  @MethodSource("folders")
  void theConfigurationIsOneThatRuns(Path folder) {
    ExperimentConfig config = ConfigReader.read(folder.resolve("config.yaml"), List.of());
    assertEquals("cifar10", config.data().name());
  }

  @ParameterizedTest
  @MethodSource("folders")
  void theFileSaysHowToFeedIt(Path folder) {
    ModelCard card = Checkpoint.read(folder.resolve(NETWORK)).card().orElseThrow();
    assertEquals("cifar10", card.dataset());
    assertEquals(10, card.classNames().size());
    assertEquals(new ImageShape(32, 32, 3), card.shape());
  }

  @ParameterizedTest
  @MethodSource("quantizedFolders")
  void itsIntegerFormsPredictTheSame(Path folder) {
    Checkpoint model = Checkpoint.read(folder.resolve(NETWORK));
    ModelCard card = model.card().orElseThrow();
    float[] inputs = pictures();
    card.normalization().apply(inputs, 0, inputs.length);
    INDArray expected =
        Networks.output(model.network(), Nd4j.create(inputs, new long[] {IMAGES, SIZE, SIZE, 3}));
    assertTrue(classes(expected) >= FEWEST_CLASSES, () -> "classes " + classes(expected));
    IntegerGraph graph = DeployedModels.graph(model, card.shape());
    assertSameClasses(expected, Predictions.of(graph, "onednn", inputs));
    assertSameClasses(expected, Predictions.of(graph, "java", inputs));
    assertSameClasses(expected, Predictions.ofOnnx(graph, OnnxForm.QDQ, inputs));
  }

  /** Pictures of clothes, which these networks do not know, in random colours; raw pixels, NHWC. */
  private static float[] pictures() {
    ImageSet clothes = Datasets.load(Datasets.DEFAULT, Path.of("data")).test();
    int side = clothes.shape().height();
    float[] grey = new float[clothes.shape().size()];
    float[] pictures = new float[IMAGES * SIZE * SIZE * 3];
    Random random = new Random(1);
    for (int n = 0; n < IMAGES; n++) {
      clothes.copyPixels(n, grey, 0);
      for (int c = 0; c < 3; c++) {
        float front = random.nextFloat();
        float back = 255 * random.nextFloat();
        for (int i = 0; i < SIZE * SIZE; i++) {
          int row = i / SIZE;
          int column = i % SIZE;
          boolean inside = row < side && column < side;
          float value = inside ? grey[row * side + column] : 0;
          pictures[(n * SIZE * SIZE + i) * 3 + c] = Math.min(255, back + front * value);
        }
      }
    }
    return pictures;
  }

  private static long classes(INDArray outputs) {
    return IntStream.range(0, IMAGES)
        .map(n -> outputs.getRow(n).argMax().getInt(0))
        .distinct()
        .count();
  }

  private static void assertSameClasses(INDArray expected, float[] actual) {
    int classes = (int) expected.size(1);
    for (int n = 0; n < expected.size(0); n++) {
      int predicted = IntegerModel.argMax(actual, n * classes, classes);
      double margin =
          expected.getRow(n).maxNumber().doubleValue() - expected.getDouble(n, predicted);
      assertTrue(margin < TIE, "image " + n + ": margin " + margin);
    }
  }
}
