package org.lsq4j.experiment;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.lsq4j.training.StepMemory;

class MemoryCheckTest {

  private static final StepMemory MEMORY = new StepMemory(1e6, 2e6);

  @Test
  void batchesThatDoNotFitAreRefusedWithOneThatDoes() {
    MemoryCheck.Batch batch = new MemoryCheck.Batch("float.batch", 1000);
    ConfigException error =
        assertThrows(ConfigException.class, () -> MemoryCheck.check(MEMORY, batch, 2_000_000_000L));
    assertEquals(
        "float.batch: an update of 1,000 images needs at least 3.6 GB of memory and 2.0 GB are"
            + " free; a batch of 359 would fit",
        error.getMessage());
    assertDoesNotThrow(
        () -> MemoryCheck.check(MEMORY, new MemoryCheck.Batch("float.batch", 359), 2_000_000_000L));
  }

  @Test
  void whatTheSystemSaysIsRead() {
    List<String> lines = List.of("MemTotal:  24684084 kB", "MemAvailable:   1000 kB");
    assertEquals(OptionalLong.of(1_024_000), AvailableMemory.value(lines, "MemAvailable:"));
    assertEquals(OptionalLong.empty(), AvailableMemory.value(lines, "VmRSS:"));
    AvailableMemory.bytes().ifPresent(bytes -> assertTrue(bytes > 0));
  }
}
