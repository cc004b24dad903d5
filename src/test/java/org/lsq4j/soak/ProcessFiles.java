package org.lsq4j.soak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What Linux tells of this process in files. */
final class ProcessFiles {

  private static final Path SELF = Path.of("/proc/self");
  private static final double BYTES_PER_KILOBYTE = 1024;
  private static final double BYTES_PER_MEGABYTE = 1e6;

  /** Whether this system has them. */
  static boolean areReadable() {
    return Files.isReadable(SELF.resolve("status"));
  }

  /** Memory in use, in megabytes of 1,000,000 bytes. */
  double residentMegabytes() {
    return status("VmRSS:") * BYTES_PER_KILOBYTE / BYTES_PER_MEGABYTE;
  }

  /** Number of open files, sockets and the like. */
  double openFiles() {
    try (Stream<Path> files = Files.list(SELF.resolve("fd"))) {
      return files.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Number of threads. */
  double threads() {
    return status("Threads:");
  }

  private static long status(String key) {
    try (Stream<String> lines = Files.lines(SELF.resolve("status"))) {
      return lines
          .filter(line -> line.startsWith(key))
          .map(line -> line.substring(key.length()).replace("kB", "").strip())
          .mapToLong(Long::parseLong)
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
