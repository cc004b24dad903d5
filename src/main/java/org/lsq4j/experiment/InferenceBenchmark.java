package org.lsq4j.experiment;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.apache.commons.math3.stat.StatUtils;
import org.lsq4j.deploy.export.GraphExporter;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.ModelInfo;
import org.lsq4j.deploy.onnx.OnnxExporter;
import org.lsq4j.deploy.onnx.OnnxForm;
import org.lsq4j.deploy.onnx.OnnxModel;
import org.lsq4j.deploy.onnx.OnnxOptions;
import org.lsq4j.deploy.onnx.OnnxRunOptions;
import org.lsq4j.deploy.runtime.IntegerModel;
import org.lsq4j.deploy.runtime.RuntimeOptions;
import org.lsq4j.experiment.InferenceResult.RuntimeTimes;

/**
 * Measures predictions of a reference network that is calibrated and not trained: the packed
 * runtime, and ONNX Runtime with all optimisations on the same network as it is exported at W8A8,
 * with quantizers at every tensor, and in float (the same weights without quantizers, batch norms
 * folded as well). All take turns in one process, and medians over the rounds are compared: what
 * disturbs the machine for a while disturbs all.
 */
public final class InferenceBenchmark {

  private static final int MOST_THREADS = 1024;
  private static final int MOST_ROUNDS = 100_000;

  /** Bits of the network that ONNX Runtime computes in integers. */
  private static final int ONNX_BITS = 8;

  private static final double MEDIAN = 50;
  private static final double NANOS_PER_MILLI = 1e6;
  private static final double MILLIS_PER_SECOND = 1000;

  private final Request request;
  private final BenchmarkNetworks networks;

  /**
   * What to measure.
   *
   * @param network name of a reference network
   * @param batch images in a prediction, 1 to 10,000
   * @param threads of each runtime, 1 or more
   * @param bits of weights and inputs of each packed model, 2 to 8; first and last layers have 8
   * @param backends of the packed runtime
   * @param rounds measured rounds, 1 or more
   * @param turnMillis how long a runtime computes in a round, at least; ten times as long before
   */
  public record Request(
      String network,
      int batch,
      int threads,
      List<Integer> bits,
      List<String> backends,
      int rounds,
      int turnMillis) {

    /** Checks the values; messages name the options of the command line. */
    public Request {
      bits = List.copyOf(bits);
      backends = List.copyOf(backends);
      BenchmarkNetworks.requireNetwork(network);
      BenchmarkNetworks.requireBatch(batch);
      BenchmarkNetworks.requireRange("--threads", threads, MOST_THREADS);
      bits.forEach(BenchmarkNetworks::requireBits);
      BenchmarkNetworks.requireRange("--rounds", rounds, MOST_ROUNDS);
      BenchmarkNetworks.requireRange("--turn", turnMillis, MOST_ROUNDS);
    }
  }

  /** What ONNX Runtime's models took. */
  private record Baselines(double exported, double everywhere, double real) {}

  private InferenceBenchmark(Request request) {
    this.request = request;
    networks = BenchmarkNetworks.of(request.network);
  }

  /**
   * Measures.
   *
   * @throws ConfigException if a backend is unknown or does not work here, or OpenMP has another
   *     number of threads
   */
  public static InferenceResult run(Request request) {
    requireThreads(request.threads);
    return new InferenceBenchmark(request).run();
  }

  /** Where OpenMP has several threads, the backend {@code onednn} uses those. */
  private static void requireThreads(int threads) {
    int openMp = BenchmarkNetworks.threads();
    if (openMp != 1 && openMp != threads) {
      throw new ConfigException(
          String.format(
              "--threads: OpenMP has %d here, and %d are asked for; set OMP_NUM_THREADS=1, and"
                  + " models use threads of their own",
              openMp, threads));
    }
  }

  private InferenceResult run() {
    List<InferenceTimer> timers = new ArrayList<>();
    try {
      for (int bits : request.bits) {
        IntegerGraph graph = graph(bits);
        request.backends.forEach(backend -> timers.add(packed(graph, bits, backend)));
      }
      IntegerGraph graph = graph(ONNX_BITS);
      InferenceTimer exported = onnx(graph, OnnxForm.QDQ, precision(ONNX_BITS));
      InferenceTimer all = onnx(graph, OnnxForm.EVERYWHERE, precision(ONNX_BITS) + " everywhere");
      InferenceTimer real = onnx(graph, OnnxForm.FLOAT, "float");
      timers.addAll(List.of(exported, all, real));
      measure(timers);
      Baselines baselines = new Baselines(median(exported), median(all), median(real));
      return new InferenceResult(
          request.network,
          request.batch,
          request.threads,
          request.rounds,
          OnnxOptions.DEFAULT.opset(),
          timers.stream().map(timer -> times(timer, baselines)).toList());
    } finally {
      timers.forEach(InferenceTimer::close);
    }
  }

  private static String precision(int bits) {
    return String.format(Locale.ROOT, "W%dA%d", bits, bits);
  }

  private IntegerGraph graph(int bits) {
    return GraphExporter.export(
        networks.quantizedNetwork(bits, request.batch),
        networks.images().inputType(),
        ModelInfo.UNKNOWN);
  }

  private InferenceTimer packed(IntegerGraph graph, int bits, String backend) {
    IntegerModel model = packedModel(graph, backend);
    float[] inputs = inputs(graph);
    float[] outputs = new float[request.batch * graph.outputShape().size()];
    return new InferenceTimer(
        "packed-" + model.backend(),
        precision(bits),
        () -> model.predict(inputs, request.batch, outputs),
        model::close);
  }

  private IntegerModel packedModel(IntegerGraph graph, String backend) {
    try {
      return IntegerModel.of(graph, new RuntimeOptions(backend, request.threads));
    } catch (IllegalArgumentException e) {
      throw new ConfigException("--" + e.getMessage(), e);
    }
  }

  private InferenceTimer onnx(IntegerGraph graph, OnnxForm form, String precision) {
    byte[] file = OnnxExporter.toBytes(graph, OnnxOptions.DEFAULT.withForm(form), Versions.lsq4j());
    OnnxModel model = OnnxModel.of(file, OnnxRunOptions.DEFAULT.withThreads(request.threads));
    FloatBuffer buffer = model.buffer(request.batch).put(inputs(graph));
    return new InferenceTimer(
        "onnxruntime", precision, () -> model.run(buffer, request.batch), model::close);
  }

  /** Noise, as standardized pixels are distributed. */
  private float[] inputs(IntegerGraph graph) {
    Random random = new Random(1);
    float[] inputs = new float[request.batch * graph.inputShape().size()];
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = (float) random.nextGaussian();
    }
    return inputs;
  }

  private void measure(List<InferenceTimer> timers) {
    timers.forEach(timer -> timer.warmUp(request.turnMillis));
    List<InferenceTimer> order = new ArrayList<>(timers);
    for (int round = 0; round < request.rounds; round++) {
      order.forEach(InferenceTimer::turn);
      // Each one is as often first as last.
      Collections.reverse(order);
    }
  }

  private static double median(InferenceTimer timer) {
    return StatUtils.percentile(timer.turns(), MEDIAN) / NANOS_PER_MILLI;
  }

  private RuntimeTimes times(InferenceTimer timer, Baselines baselines) {
    double millis = median(timer);
    return new RuntimeTimes(
        timer.runtime(),
        timer.precision(),
        millis,
        StatUtils.min(timer.turns()) / NANOS_PER_MILLI,
        StatUtils.max(timer.turns()) / NANOS_PER_MILLI,
        MILLIS_PER_SECOND * request.batch / millis,
        baselines.exported / millis,
        baselines.everywhere / millis,
        baselines.real / millis);
  }
}
