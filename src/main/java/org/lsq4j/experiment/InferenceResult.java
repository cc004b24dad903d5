package org.lsq4j.experiment;

import java.util.List;

/**
 * What predictions of a network took.
 *
 * @param network name of the reference network
 * @param batch images in a prediction
 * @param threads of each runtime
 * @param rounds measured rounds
 * @param opset of the ONNX models
 * @param runtimes what was measured, each with its times
 */
public record InferenceResult(
    String network, int batch, int threads, int rounds, int opset, List<RuntimeTimes> runtimes) {

  /** Copies the list. */
  public InferenceResult {
    runtimes = List.copyOf(runtimes);
  }

  /**
   * One runtime with one model.
   *
   * @param runtime {@code packed-NAME} with a backend's name, or {@code onnxruntime}
   * @param precision {@code W8A8} and the like, {@code W8A8 everywhere} with quantizers at every
   *     tensor, or {@code float}
   * @param batchMillis median over the rounds of the time of a batch
   * @param minMillis the fastest round's
   * @param maxMillis the slowest round's
   * @param imagesPerSecond by the median
   * @param versusExported how many times as fast as ONNX Runtime with the W8A8 model that {@code
   *     export} writes, by the medians
   * @param versusEverywhere how many times as fast as ONNX Runtime with quantizers at every tensor,
   *     as its own static quantization places them
   * @param versusFloat how many times as fast as ONNX Runtime in float
   */
  public record RuntimeTimes(
      String runtime,
      String precision,
      double batchMillis,
      double minMillis,
      double maxMillis,
      double imagesPerSecond,
      double versusExported,
      double versusEverywhere,
      double versusFloat) {}

  /** This as JSON. */
  public String toJson() {
    return Mappers.toJson(this);
  }
}
