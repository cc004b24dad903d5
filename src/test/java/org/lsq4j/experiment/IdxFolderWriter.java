package org.lsq4j.experiment;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.lsq4j.data.ImageData;
import org.lsq4j.data.ImageSet;
import org.lsq4j.data.ImageShape;

/** Writes data sets as folders of idx files. */
public final class IdxFolderWriter {

  private static final int UBYTE = 0x08;

  private IdxFolderWriter() {}

  /** Writes byte images with all their class names. */
  public static void write(Path folder, ImageData data) throws IOException {
    Files.createDirectories(folder);
    Files.write(folder.resolve("classes.txt"), data.classNames());
    write(folder, "train", data.train());
    write(folder, "t10k", data.test());
  }

  /** Blank images with the labels 0, 1, ... */
  public static void writeBlank(Path folder, ImageShape shape, int classes) throws IOException {
    int[] labels = new int[classes];
    for (int i = 0; i < classes; i++) {
      labels[i] = i;
    }
    ImageSet set = ImageSet.ofBytes(shape, new byte[classes * shape.size()], labels);
    Files.createDirectories(folder);
    write(folder, "train", set);
    write(folder, "t10k", set);
  }

  private static void write(Path folder, String split, ImageSet set) throws IOException {
    ImageShape shape = set.shape();
    float[] values = new float[shape.size()];
    ByteBuffer images = ByteBuffer.allocate(20 + set.count() * shape.size());
    images.putInt(UBYTE << 8 | 4).putInt(set.count());
    images.putInt(shape.height()).putInt(shape.width()).putInt(shape.channels());
    ByteBuffer labels = ByteBuffer.allocate(8 + set.count());
    labels.putInt(UBYTE << 8 | 1).putInt(set.count());
    for (int i = 0; i < set.count(); i++) {
      set.copyPixels(i, values, 0);
      for (float value : values) {
        images.put((byte) value);
      }
      labels.put((byte) set.label(i));
    }
    Files.write(folder.resolve(split + "-images-idx4-ubyte"), images.array());
    Files.write(folder.resolve(split + "-labels-idx1-ubyte"), labels.array());
  }
}
