package org.lsq4j.training;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.lsq4j.files.DurableFile;
import org.lsq4j.network.ModelFormatException;
import org.lsq4j.network.Networks;

/**
 * The checkpoints of a training: the last few in {@code checkpoints/iteration-N.zip}, and those of
 * the last and the best epoch in {@link Trainer#LAST} and {@link Trainer#BEST}, which are second
 * names of the same files.
 */
final class CheckpointFolder {

  /** Folder of the last checkpoints. */
  static final String RECENT = "checkpoints";

  private static final String PREFIX = "iteration-";
  private static final String SUFFIX = ".zip";

  private final Path root;
  private final int keep;
  private final Consumer<String> warnings;

  /**
   * A folder.
   *
   * @param root of the training's files
   * @param keep number of recent checkpoints that stay
   * @param warnings hears of damaged files
   */
  CheckpointFolder(Path root, int keep, Consumer<String> warnings) {
    this.root = root;
    this.keep = keep;
    this.warnings = warnings;
  }

  /** The newest file of a folder, whole or not; it is what a training would go on from. */
  static Optional<Path> newestFile(Path root) {
    try {
      return candidates(root).stream().findFirst();
    } catch (IOException e) {
      throw new UncheckedIOException(root + " cannot be read: " + e, e);
    }
  }

  /** Writes a checkpoint; then those that are too many, or of a later time, go. */
  Path write(Checkpoint checkpoint) {
    int iteration = Networks.iterations(checkpoint.network());
    Path file =
        root.resolve(RECENT)
            .resolve(String.format(Locale.ROOT, PREFIX + "%08d" + SUFFIX, iteration));
    checkpoint.write(file);
    try {
      publish(checkpoint.state(), file);
      prune(iteration);
    } catch (IOException e) {
      throw Checkpoint.cannotWrite(file, e);
    }
    return file;
  }

  /** The last one at last: what it says is done must not be missing in the best one. */
  private void publish(TrainingState state, Path file) throws IOException {
    if (state.isEpochEnd() && state.lastIsBest()) {
      DurableFile.link(file, root.resolve(Trainer.BEST));
    }
    if (state.isEpochEnd()) {
      DurableFile.link(file, root.resolve(Trainer.LAST));
    }
  }

  private void prune(int newest) throws IOException {
    int kept = 0;
    for (Path file : recentFiles(root)) {
      if (iteration(file) <= newest && kept < keep) {
        kept++;
      } else {
        Files.deleteIfExists(file);
      }
    }
  }

  /** From the newest to the oldest. */
  private static List<Path> recentFiles(Path root) throws IOException {
    Path recent = root.resolve(RECENT);
    if (!Files.isDirectory(recent)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(recent)) {
      return files
          .filter(file -> iteration(file) >= 0)
          .sorted(Comparator.comparingInt(CheckpointFolder::iteration).reversed())
          .toList();
    }
  }

  /** The number in a file's name; -1 if it is no checkpoint. */
  private static int iteration(Path file) {
    String name = file.getFileName().toString();
    return name.matches(PREFIX + "\\d{1,9}" + SUFFIX)
        ? Integer.parseInt(name.substring(PREFIX.length(), name.length() - SUFFIX.length()))
        : -1;
  }

  /**
   * The newest checkpoint that is whole. What a kill left half done is put in order.
   *
   * @return empty if there is none at all
   * @throws ModelFormatException if all are damaged; it is about the newest
   */
  Optional<Checkpoint> newest() {
    try {
      DurableFile.deleteLeftovers(root);
      DurableFile.deleteLeftovers(root.resolve(RECENT));
      return newestOf(candidates(root));
    } catch (IOException e) {
      throw new UncheckedIOException(root + " cannot be read: " + e, e);
    }
  }

  private static List<Path> candidates(Path root) throws IOException {
    List<Path> files = new ArrayList<>(recentFiles(root));
    files.add(root.resolve(Trainer.LAST));
    files.add(root.resolve(Trainer.BEST));
    files.removeIf(file -> !Files.exists(file));
    return files;
  }

  private Optional<Checkpoint> newestOf(List<Path> files) throws IOException {
    RuntimeException first = null;
    for (Path file : files) {
      try {
        Checkpoint checkpoint = Checkpoint.read(file);
        if (first != null) {
          warnings.accept(first.getMessage() + "; going on from " + file);
        }
        publish(checkpoint.state(), file);
        return Optional.of(checkpoint);
      } catch (ModelFormatException | UncheckedIOException e) {
        first = first == null ? e : first;
      }
    }
    if (first != null) {
      throw first;
    }
    return Optional.empty();
  }
}
