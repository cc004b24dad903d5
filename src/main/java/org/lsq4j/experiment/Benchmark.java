package org.lsq4j.experiment;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.network.ReferenceNetwork;
import org.lsq4j.training.Calibration;
import org.lsq4j.training.OptimizerSettings;
import org.nd4j.linalg.api.environment.Nd4jEnvironment;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Measures training steps of a reference network in float and quantized: forward, backward, and an
 * update by SGD with Nesterov momentum and weight decay, on a batch that is in memory. Reading and
 * augmenting images is not measured. Afterwards a second network of the same kind is trained for a
 * few steps to tell what its kernels take.
 */
public final class Benchmark {

  /** As large as the arrays of the largest images can be. */
  private static final int MAX_BATCH = 10_000;

  /** Small, so that steps on one batch of noise stay finite. It has no influence on the time. */
  private static final double LEARNING_RATE = 1e-3;

  /** Steps of the float network before its conversion, and their images. */
  private static final int SETTLING_STEPS = 20;

  private static final int SETTLING_IMAGES = 16;

  /** Enough to tell kernels apart, and little time beside the measured steps. */
  private static final int MAX_PROFILED_STEPS = 10;

  private final Request request;
  private final ReferenceNetwork architecture;
  private final BenchmarkImages images;

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
      try {
        ReferenceNetwork.named(network);
      } catch (IllegalArgumentException e) {
        throw new ConfigException("--network: " + e.getMessage(), e);
      }
      if (batch < 1 || batch > MAX_BATCH) {
        throw new ConfigException(
            String.format("--batch: must be 1 to %d, got %d", MAX_BATCH, batch));
      }
      try {
        RunConfig.requireOptionalBits("--bits", bits);
      } catch (IllegalArgumentException e) {
        throw new ConfigException(e.getMessage(), e);
      }
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
    architecture = ReferenceNetwork.named(request.network);
    images = BenchmarkImages.of(architecture);
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
        request.precision == Precision.QUANTIZED ? null : measure(floatNetwork());
    StepTimes quantizedTimes =
        request.precision == Precision.FLOAT ? null : measure(quantizedNetwork());
    // Before there are more networks: it is the memory of those that were measured.
    OptionalDouble peak = PeakMemory.megabytes();
    return new BenchmarkResult(
        request.network,
        request.batch,
        request.bits,
        ComputeEngines.current().name(),
        threads(),
        request.steps,
        withProfile(floatTimes, this::floatNetwork),
        withProfile(quantizedTimes, this::quantizedNetwork),
        peak.isPresent() ? peak.getAsDouble() : null);
  }

  private StepTimes measure(NeuralNetwork network) {
    int steps = request.warmup + request.steps;
    DataSet batch = batch();
    StepTimer timer = new StepTimer(trainable(network, steps));
    List<StepTime> times = new ArrayList<>();
    for (int step = 0; step < steps; step++) {
      times.add(timer.step(batch));
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
            () -> trainable(maker.get(), request.warmup + steps),
            new StepProfiler.Steps(batch(), request.warmup, steps));
    return new MeasuredSteps(timesOrNull, profile);
  }

  private static NeuralNetwork trainable(NeuralNetwork network, int steps) {
    OptimizerSettings.sgd(LEARNING_RATE).applyTo(network, 1, steps);
    return network;
  }

  private DataSet batch() {
    return images.batch(request.batch).next();
  }

  private NeuralNetwork floatNetwork() {
    return architecture.create(images.inputType(), images.classes(), 1);
  }

  private NeuralNetwork quantizedNetwork() {
    ImageBatches few = images.batch(Math.min(SETTLING_IMAGES, request.batch));
    QuantizationPolicy policy = QuantizationPolicy.builder(request.bits, request.bits).build();
    NeuralNetwork network = new NetworkQuantizer(policy).quantize(settled(few.next())).network();
    Calibration.run(network, few, 1);
    return network;
  }

  /**
   * A float network whose batch norms know their input. With the statistics they start with, a deep
   * network computes other values in calibration than in training, and all codes would be 0.
   */
  private NeuralNetwork settled(DataSet batch) {
    NeuralNetwork network = trainable(floatNetwork(), SETTLING_STEPS);
    for (int step = 0; step < SETTLING_STEPS; step++) {
      network.fit(batch);
    }
    return network;
  }

  private static int threads() {
    Object known =
        Nd4j.getExecutioner()
            .getEnvironmentInformation()
            .getOrDefault(Nd4jEnvironment.OMP_THREADS_KEY, 1);
    return Integer.parseInt(known.toString());
  }
}
