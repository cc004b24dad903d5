package org.lsq4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class NormalizationTest {
  /** Two images of two pixels; channel 0 varies, channel 1 is always 5. */
  private static final ImageSet SET =
      ImageSet.ofBytes(
          new ImageShape(1, 2, 2), new byte[] {0, 5, 100, 5, (byte) 200, 5, 100, 5}, new int[2]);

  @Test
  void standardizesEveryChannel() {
    Normalization normalization = Normalization.of(SET, NormalizationKind.STANDARDIZE);
    assertEquals(List.of(100.0, 5.0), normalization.center());
    double sqrtOfHalf = Math.sqrt(0.5);
    assertEquals(100 * sqrtOfHalf, normalization.scale().get(0), 1e-9);
    assertArrayEquals(
        new float[] {(float) (-1 / sqrtOfHalf), 0, 0, 0}, applied(normalization), 1e-6f);
  }

  @Test
  void givesTheEmbeddedSetMeanZeroAndDeviationOne() {
    ImageSet train = Datasets.load(Datasets.DEFAULT, Path.of("data")).train();
    Normalization normalization = Normalization.of(train, NormalizationKind.STANDARDIZE);
    double sum = 0;
    double squares = 0;
    float[] image = new float[train.shape().size()];
    for (int i = 0; i < train.count(); i++) {
      train.copyPixels(i, image, 0);
      normalization.apply(image, 0, image.length);
      for (float value : image) {
        sum += value;
        squares += value * value;
      }
    }
    double count = (double) train.count() * image.length;
    assertEquals(0, sum / count, 1e-5);
    assertEquals(1, squares / count, 1e-5);
  }

  @Test
  void bringsBytesToUnitRange() {
    Normalization normalization = Normalization.of(SET, NormalizationKind.UNIT);
    assertArrayEquals(
        new float[] {0, 5f / 255, 100f / 255, 5f / 255}, applied(normalization), 1e-7f);
  }

  @Test
  void bringsRealValuesToUnitRangeByTheirExtremes() {
    ImageSet set = ImageSet.ofFloats(new ImageShape(1, 3, 1), new float[] {-2, 0, 6}, new int[1]);
    Normalization normalization = Normalization.of(set, NormalizationKind.UNIT);
    assertEquals(List.of(-2.0), normalization.center());
    assertEquals(List.of(8.0), normalization.scale());
  }

  @Test
  void leavesRawValues() {
    assertArrayEquals(
        new float[] {0, 5, 100, 5}, applied(Normalization.of(SET, NormalizationKind.NONE)));
  }

  @Test
  void scalesOnlyTheGivenPart() {
    float[] values = {9, 100, 5, 9};
    Normalization.of(SET, NormalizationKind.STANDARDIZE).apply(values, 1, 2);
    assertArrayEquals(new float[] {9, 0, 0, 9}, values);
  }

  @Test
  void refusesScalesThatCannotBe() {
    assertThrows(
        DataException.class,
        () -> new Normalization(NormalizationKind.STANDARDIZE, List.of(0.0), List.of(0.0)));
    assertThrows(
        DataException.class,
        () -> new Normalization(NormalizationKind.STANDARDIZE, List.of(0.0), List.of()));
    ImageSet none = ImageSet.ofBytes(new ImageShape(1, 1, 1), new byte[0], new int[0]);
    assertThrows(DataException.class, () -> Normalization.of(none, NormalizationKind.UNIT));
  }

  private static float[] applied(Normalization normalization) {
    float[] image = new float[4];
    SET.copyPixels(0, image, 0);
    normalization.apply(image, 0, image.length);
    return image;
  }
}
