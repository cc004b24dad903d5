package org.lsq4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.data.ImageShape;
import org.lsq4j.experiment.TinyNetwork;
import org.lsq4j.report.Browser;
import org.openqa.selenium.By;
import org.openqa.selenium.support.ui.Select;

/** Reports of a real training. */
class ReportTest {

  private static final int DESKTOP = 1280;
  private static final int PHONE = 390;
  private static final Pattern FROM_NETWORK =
      Pattern.compile("(?i)(src|href|action)\\s*=\\s*[\"']?(https?:)?//|url\\(\\s*[\"']?https?:");

  @TempDir private static Path folder;
  private static Path config;
  private static Path trained;
  private static String trainOutput;

  @BeforeAll
  static void train() throws IOException {
    TinyNetwork.write(folder.resolve("tiny.zip"), new ImageShape(28, 28, 1), 10);
    config = folder.resolve("tiny.yaml");
    Files.writeString(
        config,
        """
        name: tiny
        data: {name: fashion-mnist-mini, trainLimit: 256, testLimit: 100}
        network: {model: "%s"}
        float: {epochs: 2, batch: 32, learningRate: 0.02}
        training: {epochs: 3, batch: 32, learningRate: 0.01, oscillation: {track: true}}
        quantization: {offset: real}
        runs:
          - {name: W4A4, weights: 4, inputs: 4}
          - {name: PTQ, weights: 8, inputs: 8, training: {epochs: 0}}
        """
            .formatted(folder.resolve("tiny.zip")));
    trained = folder.resolve("trained");
    trainOutput = CommandLineRun.successful("train", config.toString(), "--out=" + trained);
  }

  private static String page(Path run) throws IOException {
    return Files.readString(run.resolve("report.html"));
  }

  /** What the page's script draws. */
  private static JsonNode data(Path page) throws IOException {
    String html = Files.readString(page);
    String start = "const DATA = ";
    int from = html.indexOf(start) + start.length();
    return new ObjectMapper().readTree(html.substring(from, html.indexOf(";\n", from)));
  }

  /** A copy of the training's folder that a test may damage. */
  private static Path copy(String name) throws IOException {
    Path copy = folder.resolve(name);
    try (Stream<Path> files = Files.walk(trained)) {
      for (Path file : files.toList()) {
        Files.copy(
            file,
            copy.resolve(trained.relativize(file).toString()),
            StandardCopyOption.REPLACE_EXISTING);
      }
    }
    return copy;
  }

  @Test
  void trainWritesAPageAndPictures() throws IOException {
    assertTrue(trainOutput.contains("Report:  " + trained.resolve("report.html")), trainOutput);
    String page = page(trained);
    assertFalse(FROM_NETWORK.matcher(page).find());
    assertTrue(page.length() < 1_000_000, () -> page.length() + " bytes");
    for (String text : List.of("W4A4", "PTQ", "MBOPs", "conv1", "seed: 1", "trainLimit: 256")) {
      assertTrue(page.contains(text), text);
    }
    for (String picture :
        List.of(
            "accuracy",
            "loss",
            "W4A4-steps",
            "W4A4-offsets",
            "W4A4-clipped",
            "W4A4-ratios",
            "W4A4-oscillations",
            "W4A4-codes",
            "PTQ-codes")) {
      assertTrue(Files.size(trained.resolve("report/" + picture + ".png")) > 1_000, picture);
    }
  }

  @Test
  void everyPathIsWholeAndAgreesWithTheResults() throws IOException {
    JsonNode stage = data(trained.resolve("report.html")).at("/0/stages/1");
    assertEquals("W4A4", stage.get("name").asText());
    assertEquals(6, stage.get("quantizers").size());
    JsonNode results =
        new ObjectMapper().readTree(trained.resolve("results.json").toFile()).at("/runs/1/steps");
    for (int i = 0; i < results.size(); i++) {
      JsonNode quantizer = stage.get("quantizers").get(i);
      assertEquals("[0,1,2,3]", quantizer.get("epochs").toString());
      double step = results.get(i).at("/step/0").asDouble();
      assertEquals(step, quantizer.at("/step/3").asDouble(), 1e-4 * step);
      assertEquals(1, quantizer.at("/relative/0").asDouble());
      assertEquals(4, quantizer.get("clip").size());
      assertTrue(quantizer.at("/ratio/3").asDouble() > 0, quantizer::toString);
      assertTrue(quantizer.at("/ratio/0").isNull(), "before training there is no gradient");
      double all = 0;
      for (JsonNode share : quantizer.get("after")) {
        all += share.asDouble();
      }
      assertEquals(100, all, 0.1);
    }
  }

  @Test
  void aReportIsMadeAgainFromTheFilesAlone() throws IOException {
    Path copy = copy("again");
    String before = page(copy);
    Files.delete(copy.resolve("report.html"));
    for (String model : List.of("float/last.zip", "W4A4/last.zip", "W4A4/best.zip")) {
      Files.delete(copy.resolve(model));
    }
    String out = CommandLineRun.successful("report", copy.toString());
    assertTrue(out.startsWith(copy.resolve("report.html").toString()), out);
    assertEquals(
        before.replace(": trained", ""),
        page(copy)
            .replace(": again", "")
            .replace(">again:", ">trained:")
            .replace("\"again\"", "\"trained\""));
  }

  @Test
  void foldersOfOlderProgramsShowWhatTheyHave() throws IOException {
    Path copy = copy("old");
    for (String stage : List.of("W4A4", "PTQ")) {
      Files.delete(copy.resolve(stage + "/observations.jsonl"));
    }
    ObjectMapper json = new ObjectMapper();
    JsonNode results = json.readTree(copy.resolve("results.json").toFile());
    results
        .get("runs")
        .forEach(
            run -> ((com.fasterxml.jackson.databind.node.ObjectNode) run).remove("operations"));
    json.writeValue(copy.resolve("results.json").toFile(), results);

    CommandLineRun.successful("report", copy.toString());

    JsonNode quantizer = data(copy.resolve("report.html")).at("/0/stages/1/quantizers/1");
    assertEquals(4, quantizer.get("step").size());
    assertFalse(quantizer.has("after"));
    assertTrue(quantizer.at("/clip/0").isNull());
    assertTrue(quantizer.at("/clip/3").isNumber(), "results.json has it for the end");
    assertFalse(page(copy).contains("Quantization error"));
  }

  @Test
  void damagedLinesAreLeftOutAndSaid() throws IOException {
    Path copy = copy("damaged");
    Path observations = copy.resolve("W4A4/observations.jsonl");
    String all = Files.readString(observations);
    Files.writeString(observations, all.substring(0, all.length() - 40));
    Files.writeString(copy.resolve("results.json"), "{\"name\": ");

    CommandLineRun.successful("report", copy.toString());

    String page = page(copy);
    assertTrue(page.contains("W4A4/observations.jsonl: lines that are damaged"), page);
    assertTrue(page.contains("results.json is damaged"), page);
    JsonNode quantizer = data(copy.resolve("report.html")).at("/0/stages/1/quantizers/0");
    assertTrue(quantizer.at("/ratio/2").isNumber(), quantizer::toString);
    assertTrue(quantizer.at("/ratio/3").isNull(), quantizer::toString);
  }

  @Test
  void anEpochThatCameAgainCountsAsTheLaterOne() throws IOException {
    Path copy = copy("twice");
    Path observations = copy.resolve("W4A4/observations.jsonl");
    List<String> lines = Files.readAllLines(observations);
    String second = lines.stream().filter(line -> line.contains("\"epoch\":2")).findFirst().get();
    // As if the power had failed after epoch 3 was noted, twice, and once within a line.
    Files.writeString(
        observations, String.join("\n", lines) + "\n" + second.substring(0, 50) + "\n" + second);

    CommandLineRun.successful("report", copy.toString());

    JsonNode quantizer = data(copy.resolve("report.html")).at("/0/stages/1/quantizers/0");
    assertTrue(quantizer.at("/ratio/2").isNumber(), quantizer::toString);
    assertTrue(quantizer.at("/ratio/3").isNull(), "not before epoch 2 came again");
  }

  @Test
  void runsAreCompared() throws IOException {
    Path other = folder.resolve("other");
    CommandLineRun.successful(
        "train",
        config.toString(),
        "--out=" + other,
        "--set=training.epochs=1",
        "--set=seed=2",
        "--set=runs=[{name: W4A4, weights: 4, inputs: 4}]");
    Path page = folder.resolve("comparison.html");
    String out =
        CommandLineRun.successful("report", trained.toString(), other.toString(), "--out=" + page);
    assertEquals(page.toString(), out.strip());

    String html = Files.readString(page);
    assertFalse(FROM_NETWORK.matcher(html).find());
    assertTrue(html.contains("<td>seed</td><td>1</td><td>2</td>"), html);
    assertTrue(html.contains("<td>training.epochs</td><td>3</td><td>1</td>"), html);
    JsonNode data = data(page);
    assertEquals("trained", data.at("/0/name").asText());
    assertEquals("other", data.at("/1/name").asText());
    try (Browser browser = Browser.start()) {
      browser.open(page, DESKTOP);
      assertEquals(3, browser.number("document.querySelectorAll('#layers .chart').length"));
      assertEquals(2, browser.number("document.querySelectorAll('#legend .key').length"));
      assertEquals("W4A4", browser.evaluate("document.getElementById('stage').value"));
      new Select(browser.driver().findElement(By.id("what"))).selectByValue("codes");
      assertEquals(6, browser.number("document.querySelectorAll('#layers .chart').length"));
      browser.assertNothingLogged();
      browser.open(page, PHONE);
      browser.assertFitsWidth();
    }
  }

  @Test
  void thePageWorksInABrowser() {
    try (Browser browser = Browser.start()) {
      browser.open(trained.resolve("report.html"), DESKTOP);
      Select what = new Select(browser.driver().findElement(By.id("what")));
      for (String value :
          List.of("codes", "relative", "step", "offset", "clip", "ratio", "oscillating")) {
        new Select(browser.driver().findElement(By.id("stage"))).selectByValue("W4A4");
        what.selectByValue(value);
        double charts = browser.number("document.querySelectorAll('#layers canvas').length");
        // Codes: a chart for each of three weights and three inputs.
        assertEquals(value.equals("codes") ? 6 : 3, charts, value);
      }
      new Select(browser.driver().findElement(By.id("stage"))).selectByValue("PTQ");
      assertTrue(
          browser.driver().findElement(By.id("layers")).getText().contains("Not recorded"),
          "nothing oscillates without training");
      browser.assertNothingLogged();
      browser.open(trained.resolve("report.html"), PHONE);
      browser.assertFitsWidth();
      browser.assertNothingLogged();
    }
  }

  @Test
  void whatIsNoRunIsRefused() {
    CommandLineRun run = CommandLineRun.of("report", folder.resolve("nothing").toString());
    assertEquals(2, run.exitCode());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains("is not the folder of a run"), run.err());
  }
}
