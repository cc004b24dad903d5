package org.lsq4j.quantizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ChannelLayoutTest {

  @Test
  void axisOfRowMajorTensor() {
    long[] shape = {2, 3, 4, 5};
    assertEquals(new ChannelLayout(2, 60), ChannelLayout.ofAxis(shape, 0));
    assertEquals(new ChannelLayout(3, 20), ChannelLayout.ofAxis(shape, 1));
    assertEquals(new ChannelLayout(5, 1), ChannelLayout.ofAxis(shape, 3));
  }

  @Test
  void channelOfElement() {
    ChannelLayout layout = new ChannelLayout(3, 2);
    int[] expected = {0, 0, 1, 1, 2, 2, 0, 0};
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], layout.channel(i));
    }
    assertEquals(0, ChannelLayout.PER_TENSOR.channel(1_000_000));
  }

  @Test
  void emptyLayoutIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new ChannelLayout(0, 1));
    assertThrows(IllegalArgumentException.class, () -> new ChannelLayout(1, 0));
  }
}
