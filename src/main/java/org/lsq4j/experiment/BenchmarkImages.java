package org.lsq4j.experiment;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.data.ImageSet;
import org.lsq4j.data.ImageShape;
import org.lsq4j.data.Normalization;
import org.lsq4j.data.NormalizationKind;
import org.lsq4j.network.ReferenceNetwork;
import org.lsq4j.network.UsualImages;

/**
 * Random images of the kind a reference network was made for, always the same ones.
 *
 * @param shape size of an image
 * @param classes number of classes
 */
record BenchmarkImages(ImageShape shape, int classes) {

  private static final long SEED = 1;

  /** Order of the axes: the faster one. */
  private static final CNN2DFormat FORMAT = CNN2DFormat.NHWC;

  static BenchmarkImages of(ReferenceNetwork network) {
    UsualImages images = network.usualImages();
    ImageShape shape = new ImageShape(images.side(), images.side(), images.channels());
    return new BenchmarkImages(shape, images.classes());
  }

  InputType inputType() {
    return InputType.convolutional(shape.height(), shape.width(), shape.channels(), FORMAT);
  }

  /** An epoch of one batch. */
  ImageBatches batch(int count) {
    Random random = new Random(SEED);
    byte[] pixels = new byte[count * shape.size()];
    random.nextBytes(pixels);
    int[] labels = random.ints(count, 0, classes).toArray();
    ImageSet images = ImageSet.ofBytes(shape, pixels, labels);
    return ImageBatches.builder(images, classNames())
        .batchSize(count)
        .normalization(Normalization.of(images, NormalizationKind.STANDARDIZE))
        .format(FORMAT)
        .build();
  }

  private List<String> classNames() {
    return IntStream.range(0, classes).mapToObj(Integer::toString).toList();
  }
}
