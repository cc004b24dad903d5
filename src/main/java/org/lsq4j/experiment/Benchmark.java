package org.lsq4j.experiment;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.network.LayerJoints;
import org.nd4j.linalg.dataset.DataSet;

/**
 * Measures training steps of a reference network in float and quantized: forward, backward, and an
 * update by SGD with Nesterov momentum and weight decay, on a batch that is in memory. Reading and
 * augmenting images is not measured. Afterwards a second network of the same kind is trained for a
 * few steps to tell what its kernels take.
 */
public final class Benchmark {

  /** Enough to tell kernels apart, and little time beside the measured steps. */
  private static final int MAX_PROFILED_STEPS = 10;

  private final Request request;
  private final BenchmarkNetworks networks;

  /** Which networks are measured. */
  public enum Precision {
    /** The float network. */
    FLOAT,
    /** The quantized network. */
    QUANTIZED,
    /** One after the other. */
    BOTH
  }

  /**
   * What to measure.
   *
   * @param network name of a reference network
   * @param batch images in a step, 1 to 10,000
   * @param bits of weights and inputs, 2 to 8; the first and the last layer have 8
   * @param precision which networks
   * @param steps measured steps, 1 or more
   * @param warmup steps before them that are not measured, 0 or more
   * @param engine name of an engine, or {@code auto}
   */
  public record Request(
      String network,
      int batch,
      int bits,
      Precision precision,
      int steps,
      int warmup,
      String engine) {

    /** Checks the values; messages name the options of the command line. */
    public Request {
      BenchmarkNetworks.requireNetwork(network);
      BenchmarkNetworks.requireBatch(batch);
      BenchmarkNetworks.requireBits(bits);
      if (steps < 1) {
        throw new ConfigException("--steps: must be 1 or more, got " + steps);
      }
      if (warmup < 0) {
        throw new ConfigException("--warmup: must be 0 or more, got " + warmup);
      }
    }
  }

  private Benchmark(Request request) {
    this.request = request;
    networks = BenchmarkNetworks.of(request.network);
  }

  /**
   * Measures.
   *
   * @throws ConfigException if the engine is unknown or does not work here
   */
  public static BenchmarkResult run(Request request) {
    EngineChoice.use(request.engine);
    return new Benchmark(request).run();
  }

  private BenchmarkResult run() {
    StepTimes floatTimes =
        request.precision == Precision.QUANTIZED ? null : measure(networks.floatNetwork());
    StepTimes quantizedTimes =
        request.precision == Precision.FLOAT ? null : measure(quantizedNetwork());
    // Before there are more networks: it is the memory of those that were measured.
    OptionalDouble peak = PeakMemory.megabytes();
    return new BenchmarkResult(
        request.network,
        request.batch,
        request.bits,
        ComputeEngines.current().name(),
        BenchmarkNetworks.threads(),
        request.steps,
        withProfile(floatTimes, networks::floatNetwork),
        withProfile(quantizedTimes, this::quantizedNetwork),
        peak.isPresent() ? peak.getAsDouble() : null);
  }

  private StepTimes measure(NeuralNetwork network) {
    int steps = request.warmup + request.steps;
    DataSet batch = batch();
    NeuralNetwork trained = BenchmarkNetworks.trainable(network, steps);
    StepTimer timer = new StepTimer(trained);
    List<StepTime> times = new ArrayList<>();
    try (LayerJoints joints = LayerJoints.join(trained)) {
      for (int step = 0; step < steps; step++) {
        times.add(timer.step(batch));
      }
    }
    return StepTimes.of(times.subList(request.warmup, steps), request.batch);
  }

  private MeasuredSteps withProfile(StepTimes timesOrNull, Supplier<NeuralNetwork> maker) {
    if (timesOrNull == null) {
      return null;
    }
    int steps = Math.min(request.steps, MAX_PROFILED_STEPS);
    StepProfile profile =
        StepProfiler.profile(
            () -> BenchmarkNetworks.trainable(maker.get(), request.warmup + steps),
            new StepProfiler.Steps(batch(), request.warmup, steps));
    return new MeasuredSteps(timesOrNull, profile);
  }

  private DataSet batch() {
    return networks.images().batch(request.batch).next();
  }

  private NeuralNetwork quantizedNetwork() {
    return networks.quantizedNetwork(request.bits, request.batch);
  }
}
