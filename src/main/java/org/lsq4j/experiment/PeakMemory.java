package org.lsq4j.experiment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;

/** The most memory that this process has held at a time, natives included. */
final class PeakMemory {

  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String PEAK = "VmHWM:";
  private static final double BYTES_PER_KILOBYTE = 1024;
  private static final double BYTES_PER_MEGABYTE = 1e6;

  private PeakMemory() {}

  /** In megabytes of 1,000,000 bytes; empty where the system is not Linux. */
  static OptionalDouble megabytes() {
    if (!Files.isReadable(STATUS)) {
      return OptionalDouble.empty();
    }
    try {
      return megabytes(Files.readAllLines(STATUS));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** From lines such as {@code VmHWM: 1234 kB}, where kB are 1024 bytes. */
  static OptionalDouble megabytes(List<String> status) {
    return status.stream()
        .filter(line -> line.startsWith(PEAK))
        .map(line -> line.substring(PEAK.length()).replace("kB", "").strip())
        .mapToDouble(kilobytes -> Long.parseLong(kilobytes) * BYTES_PER_KILOBYTE)
        .map(bytes -> bytes / BYTES_PER_MEGABYTE)
        .findFirst();
  }
}
