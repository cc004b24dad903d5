package org.lsq4j.report.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class NumbersTest {

  @Test
  void theSpreadMakesTheDigits() {
    assertEquals("1.25", Numbers.ofSpread(1.02).value(1.25));
    assertEquals("0.0125", Numbers.ofSpread(0.013).value(0.01252));
    assertEquals("124", Numbers.ofSpread(130).value(124.3));
    assertEquals("0.120", Numbers.ofSpread(0.98).squared(0.1201));
    assertEquals("0.0000120", Numbers.ofSpread(0.01).squared(0.00001201));
    assertEquals("1.00", Numbers.ofSpread(0).value(1));
  }

  @Test
  void nothingIsMinusZero() {
    assertEquals("0.00", Numbers.fixed(-0.0001, 2));
    assertEquals("-0.01", Numbers.fixed(-0.0099, 2));
  }

  @Test
  void sharesArePercent() {
    assertEquals("69.1 %", Numbers.percent(0.6913));
    assertEquals("100,000", Numbers.whole(100_000));
  }
}
