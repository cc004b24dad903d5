package org.lsq4j.compute.onednn;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Who makes a processor. Two with the same instructions may differ in how fast these are, and
 * oneDNN tells only which there are.
 */
enum ProcessorVendor {
  AMD("AuthenticAMD"),
  INTEL("GenuineIntel"),
  /** Another one, or a system that does not say. */
  UNKNOWN("");

  private static final Path LINUX = Path.of("/proc/cpuinfo");
  private static final String WINDOWS = "PROCESSOR_IDENTIFIER";
  private static final ProcessorVendor CURRENT = named(identification());

  /** What the processor calls its maker. */
  private final String signature;

  ProcessorVendor(String signature) {
    this.signature = signature;
  }

  /** That of this machine. */
  static ProcessorVendor current() {
    return CURRENT;
  }

  /** The first whose signature stands in a system's description of the processor. */
  static ProcessorVendor named(String description) {
    return Stream.of(values())
        .filter(vendor -> description.contains(vendor.signature))
        .findFirst()
        .orElse(UNKNOWN);
  }

  private static String identification() {
    if (!Files.isReadable(LINUX)) {
      return String.valueOf(System.getenv(WINDOWS));
    }
    try (Stream<String> lines = Files.lines(LINUX)) {
      return lines.filter(line -> line.startsWith("vendor_id")).findFirst().orElse("");
    } catch (IOException | UncheckedIOException e) {
      return "";
    }
  }
}
