package org.lsq4j.experiment;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.lsq4j.network.QuantizerView;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.training.EpochMetrics;
import org.lsq4j.training.LayerOscillation;
import org.lsq4j.training.QuantizerFault;

/**
 * A line of {@code metrics.jsonl}. Epoch 0 is a quantized network after calibration, before
 * training; it has no loss, learning rate and speed.
 *
 * @param stage {@code float} or the run's name
 * @param epoch from 1; 0 before training
 * @param loss mean of the loss that was trained on, as in {@link EpochMetrics}
 * @param testAccuracy share of correct predictions on the test set, 0 to 1
 * @param learningRate of weights at the last update
 * @param seconds wall time, evaluation included
 * @param imagesPerSecond speed of training
 * @param quantizers all quantizers; empty in float
 * @param emaAccuracy test accuracy of the averaged weights; absent without weight average
 * @param oscillations of the weights of each layer; absent if nobody watched
 * @param quantizerFaults quantizers that do not work; absent if all do
 * @param rollbacks of the epoch, before it went well; absent if there were none
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record EpochEntry(
    String stage,
    int epoch,
    Double loss,
    double testAccuracy,
    Double learningRate,
    double seconds,
    Double imagesPerSecond,
    List<QuantizerEntry> quantizers,
    Double emaAccuracy,
    List<LayerOscillation> oscillations,
    List<QuantizerFault> quantizerFaults,
    List<Rollback> rollbacks) {

  /**
   * A quantizer after an epoch.
   *
   * @param layer the layer's name
   * @param role weights or input
   * @param bits bit width
   * @param step s, one value or one for each channel
   * @param offset z likewise; empty without offset
   * @param projections limited updates of steps so far
   * @param clipShare share of weights beyond the bounds; absent for inputs
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record QuantizerEntry(
      String layer,
      QuantizerRole role,
      int bits,
      List<Double> step,
      List<Double> offset,
      long projections,
      Double clipShare) {

    static QuantizerEntry of(QuantizerView view) {
      return new QuantizerEntry(
          view.layer(),
          view.role(),
          view.spec().bits(),
          view.step(),
          view.offset(),
          view.projections(),
          view.clipShare().isPresent() ? view.clipShare().getAsDouble() : null);
    }

    boolean isOf(QuantizerView view) {
      return layer.equals(view.layer()) && role == view.role();
    }
  }

  static EpochEntry untrained(String stage, double accuracy, List<QuantizerEntry> quantizers) {
    return new EpochEntry(
        stage, 0, null, accuracy, null, 0, null, quantizers, null, null, null, null);
  }

  static EpochEntry of(
      String stage,
      EpochMetrics metrics,
      List<QuantizerEntry> quantizers,
      List<Rollback> rollbacks) {
    return new EpochEntry(
        stage,
        metrics.epoch(),
        metrics.loss(),
        metrics.testAccuracy(),
        metrics.learningRate(),
        metrics.seconds(),
        metrics.imagesPerSecond(),
        quantizers,
        metrics.emaAccuracy().isPresent() ? metrics.emaAccuracy().getAsDouble() : null,
        metrics.oscillations().orElse(null),
        absentIfEmpty(metrics.faults()),
        absentIfEmpty(rollbacks));
  }

  private static <T> List<T> absentIfEmpty(List<T> list) {
    return list.isEmpty() ? null : list;
  }
}
