package org.lsq4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.data.ImageShape;
import org.lsq4j.experiment.ConfigReader;
import org.lsq4j.experiment.Experiment;
import org.lsq4j.experiment.ExperimentObserver;
import org.lsq4j.experiment.LiveView;
import org.lsq4j.experiment.StageResult;
import org.lsq4j.experiment.StartMode;
import org.lsq4j.experiment.TinyNetwork;
import org.lsq4j.report.Browser;
import org.lsq4j.training.TrainingExtension;
import org.openqa.selenium.support.ui.WebDriverWait;

/** DL4J's page while a quantized network trains. */
class LiveViewTest {

  private static final String PORT = "org.deeplearning4j.ui.port";
  private static final int WIDTH = 1280;

  @TempDir private Path folder;

  @Test
  void stepsAndOffsetsAreOnThePage() throws IOException {
    TinyNetwork.write(folder.resolve("tiny.zip"), new ImageShape(28, 28, 1), 10);
    Path config = folder.resolve("tiny.yaml");
    Files.writeString(
        config,
        """
        name: tiny
        data: {name: fashion-mnist-mini, trainLimit: 512, testLimit: 50}
        network: {model: "%s"}
        float: {epochs: 1, batch: 32, learningRate: 0.02}
        training: {epochs: 2, batch: 32, learningRate: 0.01}
        quantization: {offset: real}
        runs: [{name: W4A4, weights: 4, inputs: 4}]
        """
            .formatted(folder.resolve("tiny.zip")));
    System.setProperty(PORT, "0");
    try (Browser browser = Browser.start();
        LiveView view = LiveView.start()) {
      Experiment.run(
          ConfigReader.read(config, List.of()),
          folder.resolve("out"),
          StartMode.NEW,
          new ExperimentObserver() {
            @Override
            public List<TrainingExtension> watchers(String stage) {
              return List.of(view.of(stage));
            }

            @Override
            public void onStageEnd(StageResult result) {
              if (result.name().equals("W4A4")) {
                assertShows(browser, view);
              }
            }
          });
    } finally {
      System.clearProperty(PORT);
    }
  }

  @Test
  void withoutItsLibrariesTrainingWorksAndOneLineSaysWhatIsMissing()
      throws IOException, InterruptedException {
    Path config = tinyConfig();
    Path errors = folder.resolve("errors");
    String out = "--out=" + folder.resolve("out");

    assertEquals(ExitCode.DONE, trainWithoutUi(errors, config.toString(), out));
    assertEquals("", Files.readString(errors));

    assertEquals(ExitCode.USAGE, trainWithoutUi(errors, config.toString(), out, "--ui"));
    List<String> lines = Files.readAllLines(errors);
    assertEquals(1, lines.size(), lines::toString);
    assertTrue(lines.get(0).contains("The live view needs DL4J's UI server"), lines::toString);
  }

  @Test
  void aTakenPortIsNamedAsTheCause() throws IOException, InterruptedException {
    Path config = tinyConfig();
    Path errors = folder.resolve("errors");
    try (ServerSocket taken = new ServerSocket(0)) {
      List<String> java =
          List.of(
              "-D" + PORT + "=" + taken.getLocalPort(),
              "-cp",
              System.getProperty("java.class.path"));
      String out = "--out=" + folder.resolve("out");

      assertEquals(ExitCode.USAGE, train(java, errors, config.toString(), out, "--ui"));
    }
    String message = Files.readString(errors);
    assertTrue(message.contains("Address already in use"), message);
    assertTrue(message.contains("choose another"), message);
  }

  private Path tinyConfig() throws IOException {
    TinyNetwork.write(folder.resolve("tiny.zip"), new ImageShape(28, 28, 1), 10);
    Path config = folder.resolve("tiny.yaml");
    Files.writeString(
        config,
        """
        name: tiny
        data: {name: fashion-mnist-mini, trainLimit: 64, testLimit: 50}
        network: {model: "%s"}
        """
            .formatted(folder.resolve("tiny.zip")));
    return config;
  }

  private static int trainWithoutUi(Path errors, String... arguments)
      throws IOException, InterruptedException {
    return train(List.of("-cp", classPathWithoutUi()), errors, arguments);
  }

  private static int train(List<String> javaOptions, Path errors, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(javaOptions);
    command.addAll(List.of(Main.class.getName(), "train"));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .redirectError(errors.toFile())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertTrue(process.waitFor(2, TimeUnit.MINUTES));
    return process.exitValue();
  }

  private static String classPathWithoutUi() {
    String separator = System.getProperty("path.separator");
    return Arrays.stream(System.getProperty("java.class.path").split(separator))
        .filter(entry -> !entry.contains("deeplearning4j-vertx"))
        .filter(entry -> !entry.contains("deeplearning4j-ui-model"))
        .filter(entry -> !entry.contains("deeplearning4j-core"))
        .collect(Collectors.joining(separator));
  }

  /** The names in the legends of the charts of the first layer. */
  private static void assertShows(Browser browser, LiveView view) {
    browser.openAddress(view.address() + "/train/model", WIDTH);
    new WebDriverWait(browser.driver(), Duration.ofSeconds(60))
        .until(driver -> browser.evaluate("typeof selectedVertex !== 'undefined'").equals(true));
    browser.driver().executeScript("setSelectedVertex(1); setSelectMeanMagChart('paramMM');");
    new WebDriverWait(browser.driver(), Duration.ofSeconds(60))
        .until(
            driver -> {
              browser.driver().executeScript("renderModelPage(true);");
              return legends(browser).contains("sW");
            });
    String legends = legends(browser);
    for (String parameter : List.of("W", "b", "sW", "sA", "zA")) {
      assertTrue(List.of(legends.split(" ")).contains(parameter), legends);
    }
  }

  private static String legends(Browser browser) {
    return (String)
        browser.evaluate(
            "[...document.querySelectorAll('.legendLabel')].map(l => l.textContent.trim())"
                + ".join(' ')");
  }
}
