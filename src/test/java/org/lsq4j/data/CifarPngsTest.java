package org.lsq4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarPngsTest {
  @TempDir Path source;
  @TempDir Path target;

  /** Two images a batch; the first pixels of image i of batch b are (b, i, 200), (1, 2, 3). */
  @BeforeEach
  void writePackage() throws IOException {
    for (int batch = 1; batch <= 5; batch++) {
      writePng("data_batch_" + batch + ".png", batch, 1024);
    }
    writePng("test_batch.png", 6, 1024);
    Files.writeString(source.resolve("train_lables.json"), "[0,1,2,3,4,5,6,7,8,9]");
    Files.writeString(source.resolve("test_lables.json"), "[7,8]");
  }

  @Test
  void keepsEveryValue() throws IOException {
    CifarPngs.convert(source, target);
    ImageSet train = new CifarFolder(target).train();
    assertArrayEquals(new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, train.labels());
    float[] image = new float[3072];
    train.copyPixels(5, image, 0);
    float[] start = Arrays.copyOf(image, 6);
    assertArrayEquals(new float[] {3, 1, 200, 1, 2, 3}, start);
    assertArrayEquals(new int[] {7, 8}, new CifarFolder(target).test().labels());
  }

  @Test
  void refusesTooManyOrTooFewLabels() throws IOException {
    Files.writeString(source.resolve("test_lables.json"), "[7]");
    assertFails("test_lables.json: 1 labels are too few for the images");
    Files.writeString(source.resolve("test_lables.json"), "[7,8,9]");
    assertFails("test_lables.json: 3 labels, but 2 images");
  }

  @Test
  void refusesALabelOutOfRange() throws IOException {
    Files.writeString(source.resolve("test_lables.json"), "[7,10]");
    assertFails("test_lables.json: label 10 of image 1 is out of range 0 to 9");
  }

  @Test
  void refusesAnotherWidth() throws IOException {
    writePng("data_batch_2.png", 2, 1000);
    assertFails("data_batch_2.png: 1000 pixels of 3 channels in a row, expected 1024 of 3");
  }

  @Test
  void refusesWhatIsNoPng() throws IOException {
    Files.writeString(source.resolve("data_batch_1.png"), "not found");
    assertFails("data_batch_1.png: is no PNG");
  }

  private void assertFails(String message) {
    DataException e = assertThrows(DataException.class, () -> CifarPngs.convert(source, target));
    assertEquals(message, e.getMessage());
  }

  private void writePng(String name, int batch, int width) throws IOException {
    BufferedImage image = new BufferedImage(width, 2, BufferedImage.TYPE_INT_RGB);
    for (int row = 0; row < 2; row++) {
      image.setRGB(0, row, batch << 16 | row << 8 | 200);
      image.setRGB(1, row, 0x010203);
    }
    ImageIO.write(image, "png", source.resolve(name).toFile());
  }
}
