package org.lsq4j.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.function.IntFunction;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.network.MiniFashion;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.network.ReferenceNetwork;

/**
 * Networks in several threads: two at once, and one that moves from thread to thread. Everything is
 * as in a single thread, to the bit. Networks have batch norms, sums and quantizers.
 */
class TrainingThreadsTest {

  private static final int STEPS = 8;
  private static final int IMAGES = 400;

  @ParameterizedTest
  @EnumSource
  void twoNetworksTrainAtOnce(CNN2DFormat format) throws Exception {
    List<float[]> alone = List.of(trained(format, 2), trained(format, 4));
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      for (int repetition = 0; repetition < 3; repetition++) {
        List<Callable<float[]>> both = List.of(() -> trained(format, 2), () -> trained(format, 4));
        List<float[]> atOnce = new ArrayList<>();
        for (Future<float[]> each : threads.invokeAll(both)) {
          atOnce.add(each.get());
        }
        for (int i = 0; i < alone.size(); i++) {
          assertArrayEquals(alone.get(i), atOnce.get(i), "network " + i);
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aNetworkMovesBetweenThreads(CNN2DFormat format) throws Exception {
    float[] inOneThread = trained(format, 3);
    NeuralNetwork network = network(format, 3);
    ImageBatches batches = MiniFashion.training(IMAGES, format);
    IntFunction<Callable<Void>> step =
        number ->
            () -> {
              network.fit(batches.next());
              return null;
            };
    for (int number = 0; number < STEPS; number++) {
      inThread(step.apply(number));
    }
    assertArrayEquals(inOneThread, parameters(network));
  }

  /** In a new thread, which ends. */
  private static void inThread(Callable<Void> work)
      throws InterruptedException, ExecutionException {
    FutureTask<Void> task = new FutureTask<>(work);
    Thread thread = new Thread(task);
    thread.start();
    thread.join();
    task.get();
  }

  private static float[] trained(CNN2DFormat format, int bits) {
    NeuralNetwork network = network(format, bits);
    ImageBatches batches = MiniFashion.training(IMAGES, format);
    for (int step = 0; step < STEPS; step++) {
      network.fit(batches.next());
    }
    return parameters(network);
  }

  private static float[] parameters(NeuralNetwork network) {
    return ((Model) network).params().dup().data().asFloat();
  }

  private static NeuralNetwork network(CNN2DFormat format, int bits) {
    NeuralNetwork source =
        ReferenceNetwork.named("resnet8")
            .create(InputType.convolutional(28, 28, 1, format), MiniFashion.CLASSES, 1);
    NeuralNetwork network =
        new NetworkQuantizer(QuantizationPolicy.builder(bits, bits).build())
            .quantize(source)
            .network();
    Calibration.run(network, MiniFashion.training(IMAGES, format), 2);
    OptimizerSettings.sgd(0.01).applyTo(network, 1, STEPS);
    return network;
  }
}
