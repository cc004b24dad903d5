package org.lsq4j.report.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.training.observation.QuantizerObservation;

/**
 * What a training writes into its folder, as far as reports read it. Anything may be missing: older
 * programs wrote less.
 */
final class RunRecords {

  private RunRecords() {}

  /** {@code results.json}. */
  record Results(
      String name,
      Long seed,
      String engine,
      Map<String, String> versions,
      JsonNode config,
      List<Summary> runs) {}

  /** A finished stage. */
  record Summary(
      String name,
      int weightBits,
      int inputBits,
      Double ptqAccuracy,
      Double testAccuracy,
      Double emaAccuracy,
      Integer epochs,
      Double seconds,
      Long sizeBytes,
      Long floatSizeBytes,
      Operations operations,
      List<Step> steps) {}

  /** What a network computes for one image. */
  record Operations(long multiplyAccumulates, long bitOperations, List<String> uncounted) {}

  /** A quantizer of a finished stage. */
  record Step(String layer, QuantizerRole role, Double clipShare) {}

  /** A line of {@code metrics.jsonl}. */
  record Epoch(
      String stage,
      int epoch,
      Double loss,
      Double testAccuracy,
      Double emaAccuracy,
      Double seconds,
      List<Quantizer> quantizers,
      List<Frozen> oscillations) {

    Epoch {
      quantizers = quantizers == null ? List.of() : quantizers;
      oscillations = oscillations == null ? List.of() : oscillations;
    }
  }

  /** A quantizer after an epoch. */
  record Quantizer(
      String layer,
      QuantizerRole role,
      int bits,
      List<Double> step,
      List<Double> offset,
      long projections,
      Double clipShare) {

    Quantizer {
      step = step == null ? List.of() : step;
      offset = offset == null ? List.of() : offset;
    }
  }

  /** Weights that oscillation control froze. */
  record Frozen(String layer, double frozen) {}

  /** A line of a stage's {@code observations.jsonl}. */
  record Observations(int epoch, List<QuantizerObservation> quantizers) {}
}
