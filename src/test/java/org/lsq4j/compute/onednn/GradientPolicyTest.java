package org.lsq4j.compute.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products of bfloat16 numbers are used where they are fast, or where one insists. */
class GradientPolicyTest {

  @ParameterizedTest
  @CsvSource({
    "AUTO, avx512_core_bf16, AMD, true",
    "AUTO, avx512_core_bf16, INTEL, false",
    "AUTO, avx512_core_bf16, UNKNOWN, false",
    "AUTO, avx512_core_amx, INTEL, true",
    "AUTO, avx512_core_vnni, AMD, false",
    "BFLOAT16, avx512_core_bf16, INTEL, true",
    "BFLOAT16, avx512_core_vnni, AMD, false",
    "FLOAT, avx512_core_amx, INTEL, false",
  })
  void knowsWhereBfloat16IsFast(
      GradientPolicy policy, String instructionSet, ProcessorVendor vendor, boolean used) {
    assertEquals(used, policy.usesBfloat16(instructionSet, vendor));
  }

  @ParameterizedTest
  @CsvSource({
    "'vendor_id\t: AuthenticAMD', AMD",
    "'vendor_id\t: GenuineIntel', INTEL",
    "'Intel64 Family 6 Model 207 Stepping 2, GenuineIntel', INTEL",
    "'vendor_id\t: HygonGenuine', UNKNOWN",
    "'', UNKNOWN",
  })
  void findsTheMakerInTheSystemsDescription(String description, ProcessorVendor vendor) {
    assertEquals(vendor, ProcessorVendor.named(description));
  }

  @Test
  void knowsTheMakerOfThisLinuxMachine() throws java.io.IOException {
    Path description = Path.of("/proc/cpuinfo");
    Assumptions.assumeTrue(
        Files.isReadable(description) && Files.readString(description).contains("vendor_id"),
        "Linux on x86-64 says who made the processor");
    assertEquals(ProcessorVendor.named(Files.readString(description)), ProcessorVendor.current());
  }
}
