package org.lsq4j.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.lsq4j.training.Trainer;
import org.lsq4j.training.WeightAverage;

/**
 * Where an experiment writes: its configuration, results, metrics, and a folder of models for each
 * stage.
 */
final class OutputFolder {

  private static final String CONFIG = "config.yaml";
  private static final String RESULTS = "results.json";
  private static final String METRICS = "metrics.jsonl";

  private final Path root;

  private OutputFolder(Path root) {
    this.root = root;
  }

  /**
   * Prepares the folder.
   *
   * @throws ConfigException if it holds what must not be overwritten, a run with another
   *     configuration, or cannot be written to
   */
  static OutputFolder open(Path root, ExperimentConfig config, StartMode mode) {
    OutputFolder folder = new OutputFolder(root);
    try {
      folder.checkContent(config, mode);
      folder.checkWritable();
      if (mode == StartMode.OVERWRITE) {
        folder.deleteResults();
      }
      folder.write(CONFIG, ConfigReader.write(config).getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new ConfigException(
          "Output folder " + root + " cannot be written to (" + e + "); choose another with --out",
          e);
    }
    return folder;
  }

  private void checkContent(ExperimentConfig config, StartMode mode) throws IOException {
    if (isEmpty()) {
      return;
    }
    if (!Files.exists(root.resolve(CONFIG))) {
      throw new ConfigException(
          "Output folder " + root + " holds other things than a run; choose another with --out");
    }
    if (mode == StartMode.NEW) {
      throw new ConfigException(
          "Output folder "
              + root
              + " holds an earlier run; --resume goes on with it, --overwrite starts anew");
    }
    if (mode == StartMode.RESUME) {
      checkSame(config);
    }
  }

  private boolean isEmpty() throws IOException {
    if (!Files.isDirectory(root)) {
      return true;
    }
    try (Stream<Path> files = Files.list(root)) {
      return files.findAny().isEmpty();
    }
  }

  private void checkSame(ExperimentConfig config) {
    Path file = root.resolve(CONFIG);
    JsonNode before = ConfigReader.tree(ConfigReader.read(file, List.of()));
    JsonNode now = ConfigReader.tree(config);
    ConfigTree.firstDifference(before, now)
        .ifPresent(
            path -> {
              throw new ConfigException(
                  String.format(
                      "Cannot resume %s: %s was %s, now it is %s; use the same configuration or"
                          + " --overwrite",
                      root, path, valueAt(before, path), valueAt(now, path)));
            });
  }

  private static String valueAt(JsonNode tree, String path) {
    return ConfigTree.at(tree, path).map(JsonNode::toString).orElse("not set");
  }

  private void checkWritable() throws IOException {
    Files.createDirectories(root);
    Files.delete(Files.createTempFile(root, ".check", ".part"));
  }

  private void deleteResults() throws IOException {
    for (String name : List.of(CONFIG, RESULTS, METRICS)) {
      Files.deleteIfExists(root.resolve(name));
    }
    try (Stream<Path> folders = Files.list(root)) {
      for (Path stage : folders.filter(Files::isDirectory).toList()) {
        Files.deleteIfExists(stage.resolve(Trainer.LAST));
        Files.deleteIfExists(stage.resolve(Trainer.BEST));
        Files.deleteIfExists(stage.resolve(WeightAverage.FILE));
      }
    }
  }

  /** The folder itself. */
  Path root() {
    return root;
  }

  /** Models of a stage. */
  Path stage(String name) {
    return root.resolve(name);
  }

  /** The lines of all epochs. */
  MetricsLog metrics() {
    return MetricsLog.open(root.resolve(METRICS));
  }

  /** Writes the results file anew. */
  void writeResults(ExperimentResults results) {
    try {
      write(RESULTS, Mappers.toJson(results).getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write(String name, byte[] content) throws IOException {
    WholeFile.write(root.resolve(name), content);
  }
}
