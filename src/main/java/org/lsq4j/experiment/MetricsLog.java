package org.lsq4j.experiment;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.lsq4j.files.DurableFile;

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

  /** Reads the file, if there is one, and cuts off a last line that is not whole. */
  static MetricsLog open(Path file) {
    try {
      if (!Files.exists(file)) {
        return new MetricsLog(file, List.of());
      }
      // Not readAllLines, which refuses half a character.
      List<String> lines =
          new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList();
      MetricsLog log = new MetricsLog(file, entries(lines));
      if (log.entries.size() < lines.size()) {
        log.write();
      }
      return log;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private static List<EpochEntry> entries(List<String> lines) {
    List<EpochEntry> entries = new ArrayList<>();
    for (String line : lines) {
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
    write();
  }

  private void write() {
    StringBuilder text = new StringBuilder();
    entries.forEach(each -> text.append(Mappers.toJsonLine(each)).append('\n'));
    DurableFile.write(file, text.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** The entry of a stage's epoch. */
  Optional<EpochEntry> entry(String stage, int epoch) {
    return entries.stream()
        .filter(entry -> entry.stage().equals(stage) && entry.epoch() == epoch)
        .findFirst();
  }
}
