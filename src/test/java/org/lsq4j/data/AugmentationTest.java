package org.lsq4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.junit.jupiter.api.Test;
import org.lsq4j.data.Augmentation.Change;
import org.lsq4j.data.Augmentation.Flip;

class AugmentationTest {
  private static final ImageShape GREY = new ImageShape(3, 3, 1);
  private static final float[] IMAGE = {
    1, 2, 3,
    4, 5, 6,
    7, 8, 9
  };

  @Test
  void movesDownAndRight() {
    float[] expected = {
      0, 0, 0,
      0, 1, 2,
      0, 4, 5
    };
    assertArrayEquals(expected, written(new Change(1, 1, Flip.NONE)));
  }

  @Test
  void movesUpAndLeft() {
    float[] expected = {
      8, 9, 0,
      0, 0, 0,
      0, 0, 0
    };
    assertArrayEquals(expected, written(new Change(-2, -1, Flip.NONE)));
  }

  @Test
  void mirrorsAfterMoving() {
    float[] expected = {
      2, 1, 0,
      5, 4, 0,
      8, 7, 0
    };
    assertArrayEquals(expected, written(new Change(0, 1, Flip.HORIZONTAL)));
  }

  @Test
  void keepsTheChannelsOfAPixelTogether() {
    ImageShape shape = new ImageShape(1, 2, 2);
    float[] image = {1, 10, 2, 20};
    Change mirror = new Change(0, 0, Flip.HORIZONTAL);
    float[] target = new float[5];
    new ImageWriter(shape, CNN2DFormat.NHWC).write(image, mirror, target, 1);
    assertArrayEquals(new float[] {0, 2, 20, 1, 10}, target);
    new ImageWriter(shape, CNN2DFormat.NCHW).write(image, mirror, target, 1);
    assertArrayEquals(new float[] {0, 2, 1, 20, 10}, target);
  }

  @Test
  void drawsAllChangesEquallyOften() {
    Map<Change, Integer> counts = new HashMap<>();
    Augmentation augmentation = new Augmentation(1, Flip.HORIZONTAL);
    for (int image = 0; image < 18000; image++) {
      counts.merge(augmentation.draw(42, image % 7, image), 1, Integer::sum);
    }
    assertEquals(18, counts.size());
    counts.forEach((change, count) -> assertEquals(1000, count, 150, change.toString()));
  }

  @Test
  void drawsTheSameForTheSameNumbersOnly() {
    Augmentation augmentation = new Augmentation(100, Flip.HORIZONTAL);
    Change change = augmentation.draw(1, 2, 3);
    assertEquals(change, augmentation.draw(1, 2, 3));
    long different =
        Stream.of(
                augmentation.draw(2, 2, 3), augmentation.draw(1, 3, 3), augmentation.draw(1, 2, 4))
            .filter(other -> !other.equals(change))
            .count();
    assertEquals(3, different);
  }

  @Test
  void noneChangesNothing() {
    assertSame(Change.NONE, Augmentation.NONE.draw(1, 2, 3));
    assertArrayEquals(IMAGE, written(Change.NONE));
  }

  private static float[] written(Change change) {
    float[] target = new float[9];
    new ImageWriter(GREY, CNN2DFormat.NCHW).write(IMAGE, change, target, 0);
    return target;
  }
}
