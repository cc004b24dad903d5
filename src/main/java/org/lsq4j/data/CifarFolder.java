package org.lsq4j.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A folder of CIFAR-10's binary files: records of one label byte and 3,072 pixel bytes, the red,
 * green and blue planes of 32 x 32 one after the other.
 */
final class CifarFolder {
  static final ImageShape SHAPE = new ImageShape(32, 32, 3);
  static final int PLANE = SHAPE.height() * SHAPE.width();
  static final int RECORD_BYTES = 1 + SHAPE.size();
  static final List<String> TRAIN =
      List.of(
          "data_batch_1.bin",
          "data_batch_2.bin",
          "data_batch_3.bin",
          "data_batch_4.bin",
          "data_batch_5.bin");
  static final List<String> TEST = List.of("test_batch.bin");

  private final Path folder;

  CifarFolder(Path folder) {
    this.folder = folder;
  }

  /** Whether all six files are there. */
  boolean isComplete() {
    return TRAIN.stream().map(folder::resolve).allMatch(Files::isRegularFile)
        && TEST.stream().map(folder::resolve).allMatch(Files::isRegularFile);
  }

  ImageSet train() {
    return read(TRAIN);
  }

  ImageSet test() {
    return read(TEST);
  }

  private ImageSet read(List<String> names) {
    List<byte[]> files = names.stream().map(this::readRecords).toList();
    int count = files.stream().mapToInt(file -> file.length / RECORD_BYTES).sum();
    byte[] pixels = new byte[count * SHAPE.size()];
    int[] labels = new int[count];
    int index = 0;
    for (byte[] file : files) {
      for (int start = 0; start < file.length; start += RECORD_BYTES) {
        labels[index] = file[start] & 0xff;
        interleave(file, start + 1, pixels, index * SHAPE.size());
        index++;
      }
    }
    return new ImageSet(SHAPE, new Pixels.Bytes(pixels), labels);
  }

  private byte[] readRecords(String name) {
    Path file = folder.resolve(name);
    if (!Files.isRegularFile(file)) {
      throw new DataException(folder + ": no file " + name);
    }
    try {
      byte[] bytes = Files.readAllBytes(file);
      checkLength(file, bytes.length);
      return bytes;
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static void checkLength(Path file, int length) {
    int rest = length % RECORD_BYTES;
    if (rest != 0) {
      throw new DataException(
          String.format(
              "%s: truncated: the last record has %d bytes, expected %d",
              file, rest, RECORD_BYTES));
    }
  }

  /** From planes (CHW) to pixels (HWC). */
  private static void interleave(byte[] planes, int from, byte[] pixels, int to) {
    int channels = SHAPE.channels();
    for (int i = 0; i < PLANE; i++) {
      for (int c = 0; c < channels; c++) {
        pixels[to + i * channels + c] = planes[from + c * PLANE + i];
      }
    }
  }
}
