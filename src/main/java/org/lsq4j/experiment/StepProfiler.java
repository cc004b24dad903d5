package org.lsq4j.experiment;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.apache.commons.math3.stat.StatUtils;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.compute.ComputeEngine;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.compute.profile.ConvolutionReplay;
import org.lsq4j.compute.profile.KernelProfile;
import org.lsq4j.compute.profile.KernelProfile.ConvolutionUse;
import org.lsq4j.compute.profile.ProfilingEngine;
import org.lsq4j.network.LayerJoints;
import org.nd4j.linalg.dataset.DataSet;

/** Finds out where the time of training steps goes, and how fast the convolutions could be. */
final class StepProfiler {

  private static final int REPETITIONS = 10;
  private static final double MEDIAN = 50;

  private final ComputeEngine engine = ComputeEngines.current();
  private final ProfilingEngine profiling = new ProfilingEngine(engine);
  private final Steps wanted;

  /**
   * Which steps.
   *
   * @param batch what is learned in each
   * @param warmup first steps that are not profiled, 0 or more
   * @param count profiled steps, 1 or more
   */
  record Steps(DataSet batch, int warmup, int count) {}

  private StepProfiler(Steps wanted) {
    this.wanted = wanted;
  }

  /**
   * Profiles steps of a new network under the engine in use, which stays in use.
   *
   * @param maker makes the network, ready to be trained
   */
  static StepProfile profile(Supplier<NeuralNetwork> maker, Steps wanted) {
    return new StepProfiler(wanted).profile(maker);
  }

  private StepProfile profile(Supplier<NeuralNetwork> maker) {
    List<StepTime> times = train(maker);
    KernelProfile kernels = profiling.profile();
    return StepProfile.of(
        times, kernels, ConvolutionSpeed.of(kernels, this::bareNanos).orElse(null));
  }

  /** Layers take the engine that is in use when they are made, and DL4J may make some later. */
  private List<StepTime> train(Supplier<NeuralNetwork> maker) {
    ComputeEngines.use(profiling);
    try {
      return train(maker.get());
    } finally {
      ComputeEngines.use(engine);
    }
  }

  private List<StepTime> train(NeuralNetwork network) {
    try (LayerJoints joints = LayerJoints.join(network)) {
      StepTimer timer = new StepTimer(network);
      steps(timer, wanted.warmup);
      profiling.reset();
      return steps(timer, wanted.count);
    }
  }

  private List<StepTime> steps(StepTimer timer, int count) {
    List<StepTime> times = new ArrayList<>();
    for (int step = 0; step < count; step++) {
      times.add(timer.step(wanted.batch));
    }
    return times;
  }

  private double bareNanos(ConvolutionUse use) {
    long[] nanos = new ConvolutionReplay(engine, use).run(REPETITIONS);
    return StatUtils.percentile(Arrays.stream(nanos).asDoubleStream().toArray(), MEDIAN);
  }
}
