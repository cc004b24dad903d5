package org.lsq4j.network;

import java.nio.file.Path;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.lsq4j.data.Datasets;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.data.ImageData;
import org.lsq4j.data.Normalization;
import org.lsq4j.data.NormalizationKind;

/** Batches of the data set inside the program, standardized, for tests that need real images. */
public final class MiniFashion {

  /** Number of classes. */
  public static final int CLASSES = 10;

  /** Shape of an image, channels last. */
  public static final InputType IMAGE = InputType.convolutional(28, 28, 1, CNN2DFormat.NHWC);

  private static final int BATCH = 50;
  private static final ImageData DATA = Datasets.load(Datasets.DEFAULT, Path.of("data"));
  private static final Normalization NORMALIZATION =
      Normalization.of(DATA.train(), NormalizationKind.STANDARDIZE);

  private MiniFashion() {}

  /** Shuffled batches of 50 of the first training images. */
  public static ImageBatches training(int images) {
    return training(images, CNN2DFormat.NHWC);
  }

  /** As {@link #training(int)}, in a format. */
  public static ImageBatches training(int images, CNN2DFormat format) {
    return finish(ImageBatches.training(DATA.limit(images, 1)).seed(1), format);
  }

  /** Batches of 50 of the first test images. */
  public static ImageBatches evaluation(int images) {
    return evaluation(images, CNN2DFormat.NHWC);
  }

  /** As {@link #evaluation(int)}, in a format. */
  public static ImageBatches evaluation(int images, CNN2DFormat format) {
    return finish(ImageBatches.evaluation(DATA.limit(1, images)), format);
  }

  private static ImageBatches finish(ImageBatches.Builder builder, CNN2DFormat format) {
    return builder.batchSize(BATCH).normalization(NORMALIZATION).format(format).build();
  }
}
