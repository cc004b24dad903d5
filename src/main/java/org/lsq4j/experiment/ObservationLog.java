package org.lsq4j.experiment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.lsq4j.training.observation.QuantizerObservation;

/**
 * A stage's file with what its quantizers did, a line for each epoch, 0 before training. Lines are
 * only added: that of an epoch which a resumed run trains again replaces the earlier one, and a
 * line that a power cut left half written is ended by the next one.
 *
 * @param file of the stage
 */
record ObservationLog(Path file) {

  /** The file's name in a stage's folder. */
  static final String FILE = "observations.jsonl";

  /** A line. */
  private record Entry(int epoch, List<QuantizerObservation> quantizers) {}

  void add(int epoch, List<QuantizerObservation> quantizers) {
    try {
      String line = "\n" + Mappers.jsonLines().writeValueAsString(new Entry(epoch, quantizers));
      Files.createDirectories(file.getParent());
      Files.write(
          file,
          line.getBytes(StandardCharsets.UTF_8),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + file + ": " + e.getMessage(), e);
    }
  }
}
