package org.lsq4j.experiment;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.network.LayerJoints;
import org.nd4j.linalg.dataset.DataSet;

/**
 * Measures training steps of one network, as {@link Benchmark} does, whenever it is asked to. So
 * programs that are compared can take turns, and what else the machine does hits all of them.
 */
public final class TurnBenchmark implements AutoCloseable {

  /** More than anybody measures, so that the learning rate, which falls to 0, stays as it is. */
  private static final int MOST_STEPS = 1_000_000;

  private final Request request;
  private final DataSet batch;
  private final StepTimer timer;
  private final LayerJoints joints;

  /**
   * What to measure.
   *
   * @param network name of a reference network
   * @param batch images in a step, 1 to 10,000
   * @param bits of weights and inputs, 2 to 8; the first and the last layer have 8
   * @param precision which network: float or quantized
   * @param engine name of an engine, or {@code auto}
   */
  public record Request(
      String network, int batch, int bits, Benchmark.Precision precision, String engine) {

    /** Checks the values; messages name the options of the command line. */
    public Request {
      BenchmarkNetworks.requireNetwork(network);
      BenchmarkNetworks.requireBatch(batch);
      BenchmarkNetworks.requireBits(bits);
      if (precision == Benchmark.Precision.BOTH) {
        throw new ConfigException(
            "--precision: turns are those of one network, float or quantized; got both");
      }
    }

    private boolean isFloat() {
      return precision == Benchmark.Precision.FLOAT;
    }
  }

  private TurnBenchmark(Request request) {
    this.request = request;
    BenchmarkNetworks networks = BenchmarkNetworks.of(request.network);
    batch = networks.images().batch(request.batch).next();
    NeuralNetwork network =
        request.isFloat()
            ? networks.floatNetwork()
            : networks.quantizedNetwork(request.bits, request.batch);
    timer = new StepTimer(BenchmarkNetworks.trainable(network, MOST_STEPS));
    joints = LayerJoints.join(network);
  }

  /**
   * Makes the network.
   *
   * @throws ConfigException if the engine is unknown or does not work here
   */
  public static TurnBenchmark open(Request request) {
    EngineChoice.use(request.engine);
    return new TurnBenchmark(request);
  }

  /**
   * Trains and measures some steps.
   *
   * @param steps 1 or more
   * @return their times, without a profile, and the most memory so far
   */
  public BenchmarkResult turn(int steps) {
    List<StepTime> times = new ArrayList<>();
    for (int step = 0; step < steps; step++) {
      times.add(timer.step(batch));
    }
    MeasuredSteps measured = new MeasuredSteps(StepTimes.of(times, request.batch), null);
    OptionalDouble peak = PeakMemory.megabytes();
    return new BenchmarkResult(
        request.network,
        request.batch,
        request.bits,
        ComputeEngines.current().name(),
        BenchmarkNetworks.threads(),
        steps,
        request.isFloat() ? measured : null,
        request.isFloat() ? null : measured,
        peak.isPresent() ? peak.getAsDouble() : null);
  }

  @Override
  public void close() {
    joints.close();
  }
}
