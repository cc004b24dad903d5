package org.lsq4j.experiment;

import java.nio.file.Path;
import java.util.List;
import org.lsq4j.files.DurableFile;
import org.lsq4j.training.observation.QuantizerObservation;

/**
 * A stage's file with what its quantizers did, a line for each epoch, 0 before training. Lines are
 * only added: that of an epoch which a resumed run trains again makes those of this and later
 * epochs before it void.
 *
 * @param file of the stage
 */
record ObservationLog(Path file) {

  /** The file's name in a stage's folder. */
  static final String FILE = "observations.jsonl";

  /** A line. */
  private record Entry(int epoch, List<QuantizerObservation> quantizers) {}

  /** Adds a line; it is on the disk then. */
  void add(int epoch, List<QuantizerObservation> quantizers) {
    DurableFile.appendLine(file, Mappers.toJsonLine(new Entry(epoch, quantizers)));
  }
}
