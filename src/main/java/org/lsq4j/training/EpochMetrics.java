package org.lsq4j.training;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.lsq4j.network.QuantizerView;

/**
 * What one epoch of training came to.
 *
 * @param epoch which, from 1
 * @param loss mean over the epoch's batches of the loss that was trained on: weight decay, label
 *     smoothing and the teacher's part included, the dampening of oscillations not
 * @param testAccuracy share of correct predictions on the test set after the epoch, 0 to 1
 * @param learningRate of the weights at the last update
 * @param seconds wall time of training and evaluation
 * @param imagesPerSecond trained images a second, without evaluation
 * @param quantizers all quantizers after the epoch; empty for a float network
 * @param emaAccuracy test accuracy of the averaged weights; empty without weight average
 * @param oscillations of the watched weights; empty if nobody watched
 * @param faults quantizers that do not work; empty if all do, or nobody looked
 */
public record EpochMetrics(
    int epoch,
    double loss,
    double testAccuracy,
    double learningRate,
    double seconds,
    double imagesPerSecond,
    List<QuantizerView> quantizers,
    OptionalDouble emaAccuracy,
    Optional<List<LayerOscillation>> oscillations,
    List<QuantizerFault> faults) {

  /** Without what extensions measure. */
  EpochMetrics(
      int epoch,
      double loss,
      double testAccuracy,
      double learningRate,
      double imagesPerSecond,
      List<QuantizerView> quantizers) {
    this(
        epoch,
        loss,
        testAccuracy,
        learningRate,
        0,
        imagesPerSecond,
        quantizers,
        OptionalDouble.empty(),
        Optional.empty(),
        List.of());
  }

  /** The same with the time it took. */
  EpochMetrics withSeconds(double newSeconds) {
    return new EpochMetrics(
        epoch,
        loss,
        testAccuracy,
        learningRate,
        newSeconds,
        imagesPerSecond,
        quantizers,
        emaAccuracy,
        oscillations,
        faults);
  }

  /** The same with the test accuracy of averaged weights. */
  public EpochMetrics withEmaAccuracy(double accuracy) {
    return new EpochMetrics(
        epoch,
        loss,
        testAccuracy,
        learningRate,
        seconds,
        imagesPerSecond,
        quantizers,
        OptionalDouble.of(accuracy),
        oscillations,
        faults);
  }

  /** The same with the oscillations of weights. */
  public EpochMetrics withOscillations(List<LayerOscillation> newOscillations) {
    return new EpochMetrics(
        epoch,
        loss,
        testAccuracy,
        learningRate,
        seconds,
        imagesPerSecond,
        quantizers,
        emaAccuracy,
        Optional.of(List.copyOf(newOscillations)),
        faults);
  }

  /** The same with quantizers that do not work. */
  public EpochMetrics withFaults(List<QuantizerFault> newFaults) {
    return new EpochMetrics(
        epoch,
        loss,
        testAccuracy,
        learningRate,
        seconds,
        imagesPerSecond,
        quantizers,
        emaAccuracy,
        oscillations,
        List.copyOf(newFaults));
  }
}
