package org.lsq4j.experiment;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The file with a line for each epoch. An interrupted run may have written the line of an epoch
 * whose checkpoint it did not; when that epoch comes again, its new line replaces the old one.
 */
final class MetricsLog {

  private static final ObjectMapper JSON = Mappers.jsonLines();

  private final Path file;
  private final List<EpochEntry> entries;

  private MetricsLog(Path file, List<EpochEntry> entries) {
    this.file = file;
    this.entries = new ArrayList<>(entries);
  }

  static MetricsLog open(Path file) {
    try {
      return new MetricsLog(file, Files.exists(file) ? read(file) : List.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<EpochEntry> read(Path file) throws IOException {
    List<EpochEntry> entries = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      try {
        entries.add(JSON.readValue(line, EpochEntry.class));
      } catch (JsonProcessingException e) {
        // The process ended while it wrote this line, which was therefore the last.
        break;
      }
    }
    return entries;
  }

  /** Adds an entry in the place of those of the same or later epochs of its stage. */
  void put(EpochEntry entry) {
    entries.removeIf(
        other -> other.stage().equals(entry.stage()) && other.epoch() >= entry.epoch());
    entries.add(entry);
    try {
      List<String> lines = new ArrayList<>();
      for (EpochEntry each : entries) {
        lines.add(JSON.writeValueAsString(each));
      }
      Files.write(file, lines);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  /** The entry of a stage's epoch. */
  Optional<EpochEntry> entry(String stage, int epoch) {
    return entries.stream()
        .filter(entry -> entry.stage().equals(stage) && entry.epoch() == epoch)
        .findFirst();
  }
}
