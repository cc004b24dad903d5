package org.lsq4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarFolderTest {
  @TempDir Path folder;

  @Test
  void readsPlanesAsInterleavedPixels() throws IOException {
    byte[] record = new byte[CifarFolder.RECORD_BYTES];
    record[0] = 7;
    Arrays.fill(record, 1, 1025, (byte) 10);
    Arrays.fill(record, 1025, 2049, (byte) 20);
    Arrays.fill(record, 2049, 3073, (byte) 255);
    record[1 + 33] = 99;
    writeAll(record);
    CifarFolder files = new CifarFolder(folder);
    assertTrue(files.isComplete());
    assertEquals(5, files.train().count());
    assertEquals(7, files.test().label(0));
    float[] pixels = new float[3072];
    files.train().copyPixels(4, pixels, 0);
    assertArrayEquals(new float[] {10, 20, 255}, Arrays.copyOf(pixels, 3));
    int secondRowSecondColumn = 33 * 3;
    assertEquals(99, pixels[secondRowSecondColumn]);
  }

  @Test
  void tellsATruncatedRecord() throws IOException {
    writeAll(new byte[CifarFolder.RECORD_BYTES]);
    Path batch = folder.resolve("data_batch_3.bin");
    Files.write(batch, new byte[CifarFolder.RECORD_BYTES + 100]);
    DataException e = assertThrows(DataException.class, () -> new CifarFolder(folder).train());
    assertEquals(
        batch + ": truncated: the last record has 100 bytes, expected 3073", e.getMessage());
  }

  @Test
  void namesTheMissingFile() throws IOException {
    writeAll(new byte[CifarFolder.RECORD_BYTES]);
    Files.delete(folder.resolve("test_batch.bin"));
    CifarFolder files = new CifarFolder(folder);
    assertFalse(files.isComplete());
    DataException e = assertThrows(DataException.class, files::test);
    assertEquals(folder + ": no file test_batch.bin", e.getMessage());
  }

  private void writeAll(byte[] content) throws IOException {
    for (String name : CifarFolder.TRAIN) {
      Files.write(folder.resolve(name), content);
    }
    Files.write(folder.resolve("test_batch.bin"), content);
  }
}
