package org.lsq4j.experiment;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.Pointer;

/**
 * How much more memory this process may take: of what the system has left, what its container
 * allows, and what JavaCPP is told to allow ({@code org.bytedeco.javacpp.maxPhysicalBytes}), the
 * least.
 */
final class AvailableMemory {

  private static final Path SYSTEM = Path.of("/proc/meminfo");
  private static final Path PROCESS = Path.of("/proc/self/status");
  private static final long BYTES_PER_KILOBYTE = 1024;

  private AvailableMemory() {}

  /** In bytes; empty where the system does not say. */
  static OptionalLong bytes() {
    if (!Files.isReadable(SYSTEM) || !Files.isReadable(PROCESS)) {
      return OptionalLong.empty();
    }
    try {
      List<String> system = Files.readAllLines(SYSTEM);
      long own = value(Files.readAllLines(PROCESS), "VmRSS:").orElse(0);
      return LongStream.concat(
              value(system, "MemAvailable:").stream(), LongStream.of(ofLimits(own)))
          .min();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long ofLimits(long own) {
    // Within a container this is its limit.
    long total =
        ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
    long javacpp = Pointer.maxPhysicalBytes();
    return Math.max(0, Math.min(total, javacpp > 0 ? javacpp : total) - own);
  }

  /** From lines such as {@code MemAvailable: 1234 kB}, where kB are 1024 bytes. */
  static OptionalLong value(List<String> lines, String key) {
    return lines.stream()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(key.length()).replace("kB", "").strip())
        .mapToLong(kilobytes -> Long.parseLong(kilobytes) * BYTES_PER_KILOBYTE)
        .findFirst();
  }
}
