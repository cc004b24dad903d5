package org.lsq4j.experiment;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

/**
 * What a benchmark measured.
 *
 * @param network name of the reference network
 * @param batch images in a step
 * @param bits of weights and inputs of the quantized network
 * @param engine name of the engine
 * @param threads of ND4J, which the engines keep to
 * @param steps measured steps
 * @param floatSteps of the float network; null if it was not asked for
 * @param quantized of the quantized network; null if it was not asked for
 * @param peakMemoryMegabytes the most memory that the process had held before it made profiles, in
 *     1,000,000 bytes: of both networks if both were measured; null where it cannot be known
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({"network", "batch", "bits", "engine", "threads", "steps", "float", "quantized"})
public record BenchmarkResult(
    String network,
    int batch,
    int bits,
    String engine,
    int threads,
    int steps,
    @JsonProperty("float") MeasuredSteps floatSteps,
    MeasuredSteps quantized,
    Double peakMemoryMegabytes) {

  /** This as JSON; what is null is left out. */
  public String toJson() {
    return Mappers.toJson(this);
  }

  /** This as JSON in one line. */
  public String toJsonLine() {
    return Mappers.toJsonLine(this);
  }
}
