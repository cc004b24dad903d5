package org.lsq4j.soak;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Measurements over time, each written to a CSV file at once, so that a killed run leaves them. */
final class Samples {

  private static final int COLLECTIONS = 3;
  private static final long PAUSE_MILLIS = 100;

  /**
   * All measures at one moment.
   *
   * @param hours since the beginning
   * @param updates of all networks so far
   * @param values in the order of {@link Measure}
   */
  record Sample(double hours, long updates, List<Double> values) {

    double value(Measure measure) {
      return values.get(measure.ordinal());
    }

    private String line() {
      return String.format(Locale.ROOT, "%.5f,%d,", hours, updates)
          + values.stream()
              .map(value -> String.format(Locale.ROOT, "%.3f", value))
              .collect(Collectors.joining(","));
    }
  }

  private final long started = System.nanoTime();
  private final ProcessFiles process = new ProcessFiles();
  private final List<Sample> all = new ArrayList<>();
  private final Path csv;

  /** Starts the clock and the file. */
  Samples(Path csv) {
    this.csv = csv;
    String header =
        Arrays.stream(Measure.values()).map(Measure::column).collect(Collectors.joining(","));
    write(
        "hours,updates," + header, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
  }

  /** Hours since the beginning. */
  double hours() {
    return (System.nanoTime() - started) / 3.6e12;
  }

  /** Hours since the last sample. */
  double hoursSinceLast() {
    return hours() - (all.isEmpty() ? 0 : all.get(all.size() - 1).hours());
  }

  /** What was measured so far. */
  List<Sample> all() {
    return List.copyOf(all);
  }

  /** Measures what is left after garbage collections. */
  void take(long updates) {
    settle();
    List<Double> values =
        Arrays.stream(Measure.values()).map(measure -> measure.read(process)).toList();
    Sample sample = new Sample(hours(), updates, values);
    all.add(sample);
    write(sample.line(), StandardOpenOption.APPEND);
  }

  /** Native memory is freed by threads that a collection wakes; what they let go needs another. */
  private static void settle() {
    try {
      for (int i = 0; i < COLLECTIONS; i++) {
        System.gc();
        Thread.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private void write(String line, StandardOpenOption... options) {
    try {
      Files.createDirectories(csv.toAbsolutePath().getParent());
      try (BufferedWriter writer = Files.newBufferedWriter(csv, StandardCharsets.UTF_8, options)) {
        writer.write(line);
        writer.newLine();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
