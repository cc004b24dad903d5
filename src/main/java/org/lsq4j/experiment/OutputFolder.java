package org.lsq4j.experiment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.lsq4j.files.DurableFile;
import org.lsq4j.report.run.RunReport;
import org.lsq4j.training.Trainer;
import org.lsq4j.training.WeightAverage;

/**
 * Where an experiment writes: its configuration, results, metrics, and a folder of models for each
 * stage.
 */
final class OutputFolder implements AutoCloseable {

  private static final List<String> STAGE_FILES =
      List.of(Trainer.LAST, Trainer.BEST, WeightAverage.FILE, Rollbacks.FILE, ObservationLog.FILE);

  private static final String CONFIG = "config.yaml";
  private static final String RESULTS = "results.json";
  private static final String METRICS = "metrics.jsonl";
  private static final String LOCK = ".lock";

  private final Path root;
  private FileChannel lock;

  private OutputFolder(Path root) {
    this.root = root;
  }

  /**
   * Prepares the folder.
   *
   * @throws ConfigException if it holds what must not be overwritten, a run with another
   *     configuration, one that goes on in another process, or cannot be written to
   */
  static OutputFolder open(Path root, ExperimentConfig config, StartMode mode) {
    OutputFolder folder = new OutputFolder(root);
    try {
      folder.checkContent(config, mode);
      folder.checkWritable();
      folder.lock();
      if (mode == StartMode.OVERWRITE) {
        folder.deleteResults();
      }
      folder.write(CONFIG, ConfigReader.write(config));
    } catch (IOException | UncheckedIOException e) {
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
    // Hidden files are the lock, and what is left of writing when a process is killed.
    try (Stream<Path> files = Files.list(root)) {
      return files.allMatch(file -> file.getFileName().toString().startsWith("."));
    }
  }

  private void checkSame(ExperimentConfig config) {
    ExperimentConfig before = ConfigReader.read(root.resolve(CONFIG), List.of());
    new ResumeCheck(root, config).requireSame(root.toString(), before);
  }

  private void checkWritable() throws IOException {
    Files.createDirectories(root);
    Files.delete(Files.createTempFile(root, ".check", ".part"));
  }

  private void deleteResults() throws IOException {
    for (String name : List.of(CONFIG, RESULTS, METRICS, RunReport.PAGE)) {
      Files.deleteIfExists(root.resolve(name));
    }
    deletePictures();
    try (Stream<Path> folders = Files.list(root)) {
      for (Path stage : folders.filter(Files::isDirectory).toList()) {
        deleteFiles(stage);
      }
    }
  }

  private static void deleteFiles(Path stage) throws IOException {
    for (String file : STAGE_FILES) {
      Files.deleteIfExists(stage.resolve(file));
    }
    Path recent = stage.resolve(Trainer.RECENT);
    if (Files.isDirectory(recent)) {
      try (Stream<Path> checkpoints = Files.list(recent)) {
        for (Path checkpoint : checkpoints.filter(Files::isRegularFile).toList()) {
          Files.delete(checkpoint);
        }
      }
    }
  }

  private void deletePictures() throws IOException {
    Path pictures = root.resolve(RunReport.PICTURES);
    if (Files.isDirectory(pictures)) {
      try (Stream<Path> files = Files.list(pictures)) {
        for (Path picture : files.filter(file -> file.toString().endsWith(".png")).toList()) {
          Files.delete(picture);
        }
      }
    }
  }

  /** Two processes that train into one folder would spoil each other's files. */
  private void lock() throws IOException {
    lock =
        FileChannel.open(root.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (!isMine(lock)) {
      lock.close();
      throw new ConfigException(
          "Output folder "
              + root
              + " is in use by a run that goes on; wait for its end or stop it");
    }
  }

  private static boolean isMine(FileChannel channel) {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    } catch (IOException e) {
      // Some network file systems have no locks.
      return true;
    }
  }

  /** Lets other processes use the folder. */
  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
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
    write(RESULTS, Mappers.toJson(results));
  }

  private void write(String name, String content) {
    DurableFile.write(root.resolve(name), content.getBytes(StandardCharsets.UTF_8));
  }
}
