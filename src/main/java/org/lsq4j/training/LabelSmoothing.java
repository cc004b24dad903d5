package org.lsq4j.training;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/**
 * Label smoothing (Szegedy et al., 2016): a network learns y' = (1 - e) y + e / C instead of the
 * one-hot labels y of C classes.
 */
public final class LabelSmoothing implements TrainingExtension {

  private final double smoothing;

  /**
   * Smooths labels.
   *
   * @param smoothing e, more than 0 and below 1
   */
  public LabelSmoothing(double smoothing) {
    requireShare(smoothing);
    this.smoothing = smoothing;
  }

  /** Refuses what is no amount of smoothing. */
  public static void requireShare(double smoothing) {
    if (!(smoothing > 0 && smoothing < 1)) {
      throw new IllegalArgumentException(
          "labelSmoothing: must be more than 0 and below 1, got " + smoothing);
    }
  }

  @Override
  public String name() {
    return "label-smoothing";
  }

  /** Refuses networks that do not learn by cross-entropy, for which smooth labels mean nothing. */
  @Override
  public void start(TrainingRun run) {
    try {
      OutputLoss.of(run.network());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("labelSmoothing: " + e.getMessage(), e);
    }
  }

  @Override
  public DataSet beforeStep(DataSet batch) {
    INDArray labels = batch.getLabels();
    INDArray smooth = labels.mul(1 - smoothing).addi(smoothing / labels.size(1));
    return new DataSet(
        batch.getFeatures(), smooth, batch.getFeaturesMaskArray(), batch.getLabelsMaskArray());
  }
}
