package org.lsq4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lsq4j.data.Datasets;
import org.lsq4j.data.ImageData;
import org.lsq4j.data.ImageShape;
import org.lsq4j.data.Normalization;
import org.lsq4j.data.NormalizationKind;
import org.lsq4j.experiment.TinyNetwork;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.ModelCard;
import org.lsq4j.training.TrainingState;

class FiguresCommandTest {

  @TempDir private static Path models;
  @TempDir private Path folder;

  private static Path plain;
  private static Path withCard;

  @BeforeAll
  static void writeModels() throws IOException {
    plain = models.resolve("plain.zip");
    withCard = models.resolve("card.zip");
    ImageData images = Datasets.load("fashion-mnist-mini", models);
    TinyNetwork.write(plain, images.shape(), 10);
    Checkpoint model = Checkpoint.read(plain);
    ModelCard card =
        new ModelCard(
            images.name(),
            images.classNames(),
            new ImageShape(28, 28, 1),
            org.deeplearning4j.nn.conf.CNN2DFormat.NCHW,
            Normalization.of(images.train(), NormalizationKind.UNIT));
    new Checkpoint(model.network(), TrainingState.START, Optional.of(card)).write(withCard);
    assertTrue(model.network() instanceof MultiLayerNetwork);
  }

  private Set<String> write(String... options) throws IOException {
    List<String> arguments = new java.util.ArrayList<>(List.of("figures", "--samples", "500"));
    arguments.addAll(List.of("--out", folder.toString()));
    arguments.addAll(List.of(options));
    CommandLineRun.successful(arguments.toArray(String[]::new));
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
    }
  }

  private String page() throws IOException {
    return Files.readString(folder.resolve("index.html"));
  }

  private static String error(String... arguments) {
    CommandLineRun run = CommandLineRun.of(arguments);
    assertEquals(1, run.err().lines().count(), run.err());
    assertEquals(2, run.exitCode(), run.err());
    return run.err();
  }

  @Test
  void someOfTheTenInChinese() throws IOException {
    assertEquals(
        Set.of("figure-02.gif", "figure-02.png", "figure-10.gif", "figure-10.png", "index.html"),
        write("--figure", "2,10", "--lang", "zh"));
    assertTrue(page().contains("lang=\"zh-CN\""));
  }

  @Test
  void interactive() throws IOException {
    assertEquals(Set.of("interactive.html"), write("--interactive"));
  }

  @Test
  void ownDistributionAndSweep() throws IOException {
    Set<String> files =
        write("--distribution", "laplace", "--bits", "4", "--narrow", "--step-sweep", "0.1:1:3");
    assertEquals(Set.of("figure-laplace.gif", "figure-laplace.png", "index.html"), files);
    assertTrue(page().contains("laplace, 4 bits, codes -7 .. 7"), page());
  }

  @Test
  void weightsOfALayer() throws IOException {
    Set<String> files = write("--distribution", plain + ":conv1", "--step-sweep", "0.1:1:2");
    assertTrue(files.contains("figure-conv1-weights.gif"), files::toString);
  }

  @Test
  void inputOfALayer() throws IOException {
    Set<String> files =
        write("--distribution", withCard + ":dense:input", "--unsigned", "--step-sweep", "0.1:1:2");
    assertTrue(files.contains("figure-dense-input.gif"), files::toString);
    assertTrue(page().contains("codes 0 .. 7"), page());
  }

  @Test
  void ownDataIsTheFirstOnTheInteractivePage() throws IOException {
    write("--interactive", "--distribution", plain + ":conv1");
    String page = Files.readString(folder.resolve("interactive.html"));
    assertTrue(page.contains("<select id=\"data\"><option>conv1 weights</option>"));
  }

  @Test
  void layersThatAreNotThereAreRefusedWithThoseThatAre() {
    String message = error("figures", "--distribution", plain + ":conv9");
    assertTrue(message.contains("conv9") && message.contains("there are conv1, "), message);
  }

  @Test
  void inputsNeedToKnowTheData() {
    String message = error("figures", "--distribution", plain + ":conv1:input");
    assertTrue(message.contains("only weights"), message);
  }

  @ParameterizedTest
  @CsvSource({
    "--figure, 11, 1 to 10",
    "--samples, 1, --samples",
    "--lang, fr, --lang",
    "--bits, 9, --bits: 9 is outside",
    "--bits, 1, --bits: 1 signed",
    "--distribution, gauss, relu-normal",
    "--step-sweep, 1:2, from:to:count",
    "--step, -1, --step",
    "--offset, NaN, --offset"
  })
  void wrongValuesAreNamed(String option, String value, String expected) {
    String message = error("figures", option, value);
    assertTrue(message.contains(expected), message);
  }

  @Test
  void whatDoesNotGoTogetherIsRefused() {
    assertTrue(error("figures", "--figure", "1", "--bits", "2").contains("leave out"));
    assertTrue(error("figures", "--narrow", "--unsigned").contains("--narrow"));
  }
}
