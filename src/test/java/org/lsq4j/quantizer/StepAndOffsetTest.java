package org.lsq4j.quantizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StepAndOffsetTest {

  @ParameterizedTest
  @CsvSource({"0, 0", "-1, 0", "NaN, 0", "Infinity, 0", "1, NaN", "1, -Infinity"})
  void refusesWhatWouldPoisonANetwork(double step, double offset) {
    assertThrows(IllegalArgumentException.class, () -> new StepAndOffset(step, offset));
  }

  @Test
  void holdsItsValues() {
    StepAndOffset parameters = new StepAndOffset(0.5, -1);
    assertEquals(0.5, parameters.step());
    assertEquals(-1, parameters.offset());
  }
}
