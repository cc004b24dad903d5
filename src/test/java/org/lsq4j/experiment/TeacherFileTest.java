package org.lsq4j.experiment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lsq4j.data.Augmentation;
import org.lsq4j.data.Datasets;
import org.lsq4j.data.ImageData;
import org.lsq4j.data.ImageSet;
import org.lsq4j.data.ImageShape;
import org.lsq4j.data.Normalization;
import org.lsq4j.data.NormalizationKind;
import org.lsq4j.network.Networks;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.TrainingState;
import org.nd4j.linalg.api.ndarray.INDArray;

class TeacherFileTest {

  private static final ImageShape COLOURED = new ImageShape(28, 28, 3);

  @TempDir private Path folder;

  private static ExperimentData data(
      ImageData images, NormalizationKind normalization, CNN2DFormat format) {
    return new ExperimentData(
        images, Normalization.of(images.train(), normalization), Augmentation.NONE, format, 1);
  }

  /** Images in three different colours, so that channels cannot be taken for each other. */
  private static ImageData coloured() {
    ImageData grey = Datasets.load("fashion-mnist-mini", Path.of("data")).limit(40, 20);
    return new ImageData(
        "coloured", grey.classNames(), coloured(grey.train()), coloured(grey.test()));
  }

  private static ImageSet coloured(ImageSet grey) {
    byte[] pixels = new byte[grey.count() * COLOURED.size()];
    int[] labels = new int[grey.count()];
    float[] image = new float[grey.shape().size()];
    for (int i = 0; i < grey.count(); i++) {
      grey.copyPixels(i, image, 0);
      labels[i] = grey.label(i);
      for (int p = 0; p < image.length; p++) {
        int at = i * COLOURED.size() + 3 * p;
        pixels[at] = (byte) image[p];
        pixels[at + 1] = (byte) (image[p] / 2);
        pixels[at + 2] = (byte) (255 - image[p] / 3);
      }
    }
    return ImageSet.ofBytes(COLOURED, pixels, labels);
  }

  /** The teacher was made for NCHW, as DL4J's own layers are, and standardized pixels. */
  @ParameterizedTest
  @CsvSource({"STANDARDIZE, NCHW", "STANDARDIZE, NHWC", "UNIT, NCHW", "UNIT, NHWC", "NONE, NHWC"})
  void teachersGetTheirBatchesAsTheyKnowThem(NormalizationKind scaling, CNN2DFormat format)
      throws IOException {
    ImageData images = coloured();
    Path file = folder.resolve("tiny.zip");
    TinyNetwork.write(file, COLOURED, 10);
    ExperimentData own = data(images, NormalizationKind.STANDARDIZE, CNN2DFormat.NCHW);
    Checkpoint teacher =
        new Checkpoint(Networks.load(file), TrainingState.START, Optional.of(own.card()));
    INDArray expected = Networks.output(teacher.network(), own.evaluation().next(8).getFeatures());

    ExperimentData students = data(images, scaling, format);
    INDArray actual =
        TeacherFile.teacher("tiny.zip", teacher, students)
            .probabilities(students.evaluation().next(8).getFeatures(), 1);

    assertArrayEquals(expected.dup('c').data().asFloat(), actual.dup('c').data().asFloat(), 1e-4f);
    assertNotEquals(expected.getRow(0), expected.getRow(1));
  }

  /** A file that says nothing about pixels is taken to know them as the student does. */
  @Test
  void teachersWithoutCardGetWhatTheStudentGets() throws IOException {
    ImageData images = coloured();
    Path file = folder.resolve("tiny.zip");
    TinyNetwork.write(file, COLOURED, 10);
    ExperimentData students = data(images, NormalizationKind.UNIT, CNN2DFormat.NCHW);
    INDArray features = students.evaluation().next(8).getFeatures();
    Checkpoint teacher = Checkpoint.read(file);

    assertArrayEquals(
        Networks.output(teacher.network(), features).dup('c').data().asFloat(),
        TeacherFile.teacher("tiny.zip", teacher, students)
            .probabilities(features, 1)
            .dup('c')
            .data()
            .asFloat(),
        1e-5f);
  }
}
