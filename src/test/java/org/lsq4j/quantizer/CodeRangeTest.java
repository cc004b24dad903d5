package org.lsq4j.quantizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CodeRangeTest {

  @ParameterizedTest
  @CsvSource({
    "3, SIGNED, FULL, -4, 3, 8",
    "3, SIGNED, NARROW, -3, 3, 7",
    "2, SIGNED, FULL, -2, 1, 4",
    "2, SIGNED, NARROW, -1, 1, 3",
    "8, SIGNED, FULL, -128, 127, 256",
    "8, UNSIGNED, FULL, 0, 255, 256",
    "1, UNSIGNED, FULL, 0, 1, 2",
  })
  void codesOfBits(int bits, CodeSign sign, CodeSpan span, int lowest, int highest, int levels) {
    CodeRange range = CodeRange.of(bits, sign, span);
    assertEquals(new CodeRange(lowest, highest), range);
    assertEquals(levels, range.levels());
  }

  @ParameterizedTest
  @ValueSource(ints = {-3, 0, 9})
  void bitsOutsideTheRangeAreNamed(int bits) {
    String message = messageOf(bits, CodeSign.UNSIGNED);
    assertTrue(message.contains("bits: " + bits + " is outside 1 to 8"), message);
  }

  @Test
  void oneSignedBitIsRefusedWithTheCure() {
    String message = messageOf(1, CodeSign.SIGNED);
    assertTrue(message.contains("bits: 1 signed") && message.contains("use 2 to 8"), message);
  }

  @Test
  void rangeMustHoldZeroAndAPositiveCode() {
    assertThrows(IllegalArgumentException.class, () -> new CodeRange(1, 3));
    assertThrows(IllegalArgumentException.class, () -> new CodeRange(-1, 0));
  }

  @Test
  void readsAsInterval() {
    assertEquals("-4..3", new CodeRange(-4, 3).toString());
  }

  private static String messageOf(int bits, CodeSign sign) {
    return assertThrows(
            IllegalArgumentException.class, () -> CodeRange.of(bits, sign, CodeSpan.FULL))
        .getMessage();
  }
}
