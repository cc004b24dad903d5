package org.lsq4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class ImageSetTest {
  private static final ImageShape DOT = new ImageShape(1, 1, 1);
  private static final List<String> TWO_CLASSES = List.of("a", "b");

  @Test
  void isNotChangedThroughItsArrays() {
    byte[] pixels = {7};
    int[] labels = {1};
    ImageSet set = ImageSet.ofBytes(DOT, pixels, labels);
    pixels[0] = 0;
    labels[0] = 0;
    set.labels()[0] = 0;
    float[] seen = new float[1];
    set.copyPixels(0, seen, 0);
    assertEquals(7, seen[0]);
    assertEquals(1, set.label(0));
  }

  @Test
  void refusesLengthsThatDoNotFit() {
    assertMessage(
        "2 labels, but 3 pixel values", () -> ImageSet.ofBytes(DOT, new byte[3], new int[2]));
  }

  @Test
  void refusesNegativeLabels() {
    assertMessage(
        "image 1 has the negative label -1",
        () -> ImageSet.ofBytes(DOT, new byte[2], new int[] {0, -1}));
  }

  @Test
  void refusesInfiniteValues() {
    float[] values = {0, Float.NEGATIVE_INFINITY};
    assertMessage(
        "images: image 1 holds -Infinity", () -> ImageSet.ofFloats(DOT, values, new int[2]));
  }

  @Test
  void limitsToTheFirstImages() {
    ImageSet train = ImageSet.ofBytes(DOT, new byte[] {1, 2, 3}, new int[] {0, 1, 1});
    ImageData limited = new ImageData("x", TWO_CLASSES, train, train).limit(2, 9);
    assertArrayEquals(new int[] {0, 1}, limited.train().labels());
    assertEquals(3, limited.test().count());
  }

  @Test
  void dataNamesTheEmptySplit() {
    ImageSet one = ImageSet.ofBytes(DOT, new byte[1], new int[1]);
    ImageSet none = ImageSet.ofBytes(DOT, new byte[0], new int[0]);
    assertMessage(
        "data set x: train split is empty", () -> new ImageData("x", TWO_CLASSES, none, one));
    assertMessage(
        "data set x: test split is empty", () -> new ImageData("x", TWO_CLASSES, one, none));
    assertMessage(
        "data set x: limits must be at least 1",
        () -> new ImageData("x", TWO_CLASSES, one, one).limit(0, 1));
  }

  @Test
  void dataRefusesLabelsWithoutClass() {
    ImageSet set = ImageSet.ofBytes(DOT, new byte[2], new int[] {0, 2});
    assertMessage(
        "data set x: label 2 of train image 1 is out of range 0 to 1",
        () -> new ImageData("x", TWO_CLASSES, set, set));
  }

  @Test
  void dataRefusesDifferentShapes() {
    ImageSet dot = ImageSet.ofBytes(DOT, new byte[1], new int[1]);
    ImageSet wide = ImageSet.ofBytes(new ImageShape(1, 2, 1), new byte[2], new int[1]);
    assertMessage(
        "data set x: train images are 1x1x1, but test images are 1x2x1",
        () -> new ImageData("x", TWO_CLASSES, dot, wide));
  }

  private static void assertMessage(String start, Runnable action) {
    DataException e = assertThrows(DataException.class, action::run);
    assertTrue(e.getMessage().startsWith(start), e.getMessage());
  }
}
