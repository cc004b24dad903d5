package org.lsq4j.experiment;

import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.data.Normalization;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.ModelCard;
import org.lsq4j.training.distillation.Teacher;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A teacher from a file, which may have been trained with another order of axes and another scaling
 * of pixels than the student: it gets its batches as it knows them.
 */
final class TeacherFile {

  private static final int[] TO_NHWC = {0, 2, 3, 1};
  private static final int[] TO_NCHW = {0, 3, 1, 2};

  private TeacherFile() {}

  /**
   * Makes the teacher.
   *
   * @param source the file, for messages
   * @param saved what it holds; without a card its pixels are taken to be scaled as the student's
   * @param data of the student
   * @throws ConfigException if the images do not fit it
   */
  static Teacher teacher(String source, Checkpoint saved, ExperimentData data) {
    CNN2DFormat format =
        saved.card().map(ModelCard::format).orElseGet(() -> FloatNetwork.formatOf(saved.network()));
    ModelFit.check(source, saved, new ModelFit.Images(data.images(), format));
    UnaryOperator<INDArray> preparation =
        saved
            .card()
            .map(ModelCard::normalization)
            .filter(own -> !own.equals(data.normalization()))
            .map(own -> rescaling(data.normalization(), own, data.format()))
            .orElse(UnaryOperator.identity());
    return Teacher.of(saved.network())
        .reading(features -> inFormat(preparation.apply(features), data.format(), format));
  }

  private static INDArray inFormat(INDArray features, CNN2DFormat from, CNN2DFormat to) {
    if (from == to) {
      return features;
    }
    return features.permute(to == CNN2DFormat.NHWC ? TO_NHWC : TO_NCHW).dup('c');
  }

  /** From x = (pixel - c) / s to (pixel - c') / s' = x s / s' + (c - c') / s', by channel. */
  private static UnaryOperator<INDArray> rescaling(
      Normalization from, Normalization to, CNN2DFormat format) {
    int channels = from.channels();
    float[] factor = new float[channels];
    float[] shift = new float[channels];
    for (int c = 0; c < channels; c++) {
      factor[c] = (float) (from.scale().get(c) / to.scale().get(c));
      shift[c] = (float) ((from.center().get(c) - to.center().get(c)) / to.scale().get(c));
    }
    long[] shape =
        format == CNN2DFormat.NHWC
            ? new long[] {1, 1, 1, channels}
            : new long[] {1, channels, 1, 1};
    INDArray factors = Nd4j.createFromArray(factor).reshape(shape);
    INDArray shifts = Nd4j.createFromArray(shift).reshape(shape);
    return features -> features.mul(factors).addi(shifts);
  }
}
