package org.lsq4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class IdxFileTest {
  private static final byte[] TWO_IMAGES = {1, 2, 3, 4, 5, 6, 7, (byte) 200};

  @Test
  void readsPlainAndGzippedAlike() throws IOException {
    byte[] plain = IdxBytes.ubytes(TWO_IMAGES, 2, 2, 2);
    for (byte[] file : new byte[][] {plain, IdxBytes.gzip(plain)}) {
      ImageSet set = read(file, IdxBytes.labels(3, 0));
      assertEquals(new ImageShape(2, 2, 1), set.shape());
      assertEquals(PixelType.UINT8, set.pixelType());
      assertArrayEquals(new int[] {3, 0}, set.labels());
      assertArrayEquals(new float[] {5, 6, 7, 200}, pixels(set, 1));
    }
  }

  @Test
  void readsFourDimensionsAsChannelsLast() throws IOException {
    ImageSet set = read(IdxBytes.ubytes(TWO_IMAGES, 2, 1, 2, 2), IdxBytes.labels(0, 0));
    assertEquals(new ImageShape(1, 2, 2), set.shape());
    assertArrayEquals(new float[] {1, 2, 3, 4}, pixels(set, 0));
  }

  @Test
  void readsFloatsAndDoubles() throws IOException {
    float[] floats = {-1.5f, 0.25f};
    double[] doubles = {-1.5, 0.25};
    assertArrayEquals(
        floats, pixels(read(IdxBytes.floats(floats, 1, 1, 2), IdxBytes.labels(0)), 0));
    assertArrayEquals(
        floats, pixels(read(IdxBytes.doubles(doubles, 1, 1, 2), IdxBytes.labels(0)), 0));
  }

  @Test
  void namesTheImageThatHoldsNaN() {
    float[] values = {0, 1, 2, 3, Float.NaN, 5};
    assertFails(
        "images: image 2 holds NaN", IdxBytes.floats(values, 3, 1, 2), IdxBytes.labels(0, 0, 0));
  }

  @Test
  void refusesADoubleBeyondFloat() {
    assertFails(
        "images: image 0 holds Infinity",
        IdxBytes.doubles(new double[] {1e300}, 1, 1, 1),
        IdxBytes.labels(0));
  }

  @Test
  void tellsExpectedAndActualBytesOfATruncatedFile() {
    byte[] file = IdxBytes.ubytes(Arrays.copyOf(TWO_IMAGES, 7), 2, 2, 2);
    String message = "images: truncated: 8 bytes expected after the header, 7 found";
    assertFails(message, file, IdxBytes.labels(0, 0));
    assertFails(message, IdxBytes.gzip(file), IdxBytes.labels(0, 0));
  }

  @Test
  void refusesACutGzipStream() {
    byte[] file = IdxBytes.gzip(IdxBytes.ubytes(TWO_IMAGES, 2, 2, 2));
    assertFails("images: truncated", Arrays.copyOf(file, 25), IdxBytes.labels(0, 0));
  }

  @Test
  void refusesAnEmptyFile() {
    assertFails("images: truncated: it ends within the header", new byte[0], IdxBytes.labels(0));
  }

  @Test
  void refusesMoreThanTheHeaderAnnounces() {
    assertFails(
        "images: more than the 4 bytes", IdxBytes.ubytes(TWO_IMAGES, 1, 2, 2), IdxBytes.labels(0));
  }

  @Test
  void tellsTheMagicNumberSeenAndExpected() {
    assertFails(
        "images: magic number 0x504b0304, expected 0x0000TTDD",
        new byte[] {0x50, 0x4b, 3, 4, 0, 0},
        IdxBytes.labels(0));
    assertFails(
        "labels: magic number 0x00000803, expected 0x00000801",
        IdxBytes.ubytes(TWO_IMAGES, 2, 2, 2),
        IdxBytes.ubytes(TWO_IMAGES, 2, 2, 2));
  }

  @Test
  void refusesLabelsAsImages() {
    assertFails(
        "images: 1 dimensions, but images have 3 or 4", IdxBytes.labels(0), IdxBytes.labels(0));
  }

  @Test
  void refusesHeadersThatCannotBe() {
    assertFails(
        "images: dimension 1 is -2", IdxBytes.ubytes(TWO_IMAGES, 2, -2, 2), IdxBytes.labels(0));
    assertFails(
        "images: holds over 2 GiB",
        IdxBytes.ubytes(TWO_IMAGES, 1 << 20, 1 << 10, 1 << 10),
        IdxBytes.labels(0));
    assertFails(
        "images: image shape 0x2x1 is empty",
        IdxBytes.ubytes(new byte[0], 1, 0, 2),
        IdxBytes.labels(0));
  }

  @Test
  void refusesAnotherNumberOfLabels() {
    assertFails(
        "images has 2 images, but labels has 3 labels",
        IdxBytes.ubytes(TWO_IMAGES, 2, 2, 2),
        IdxBytes.labels(0, 1, 2));
  }

  private static void assertFails(String message, byte[] images, byte[] labels) {
    DataException e = assertThrows(DataException.class, () -> read(images, labels));
    assertTrue(e.getMessage().startsWith(message), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
  }

  private static ImageSet read(byte[] images, byte[] labels) throws IOException {
    IdxFile labelFile = IdxFile.readLabels("labels", new ByteArrayInputStream(labels));
    return IdxFile.readImages("images", new ByteArrayInputStream(images)).withLabels(labelFile);
  }

  private static float[] pixels(ImageSet set, int index) {
    float[] values = new float[set.shape().size()];
    set.copyPixels(index, values, 0);
    return values;
  }
}
