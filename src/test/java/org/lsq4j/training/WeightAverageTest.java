package org.lsq4j.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lsq4j.network.MiniFashion;

class WeightAverageTest {

  private static final MultiLayerNetwork FLOAT = TrainingRuns.floatNetwork();

  @TempDir private Path folder;

  /** Keeps the parameters after every update. */
  private static final class History implements TrainingObserver {
    private final List<float[]> parameters = new ArrayList<>();
    private final List<EpochMetrics> epochs = new ArrayList<>();
    private final MultiLayerNetwork network;

    History(MultiLayerNetwork network) {
      this.network = network;
      parameters.add(floats(network));
    }

    @Override
    public void onBatch(BatchProgress progress) {
      parameters.add(floats(network));
    }

    @Override
    public void onEpoch(EpochMetrics metrics) {
      epochs.add(metrics);
    }
  }

  private static float[] floats(Object network) {
    return ((Model) network).params().dup().data().asFloat();
  }

  private Trainer.Builder trainer(int epochs) {
    return Trainer.builder(
            new TrainingSettings(epochs, OptimizerSettings.sgd(0.05), 1),
            MiniFashion.training(250),
            MiniFashion.evaluation(200))
        .checkpoints(folder);
  }

  private static MultiLayerNetwork quantized() {
    return TrainingRuns.quantized(FLOAT, 3);
  }

  @Test
  void theFileHoldsTheAverageOfAllUpdates() {
    MultiLayerNetwork network = quantized();
    History history = new History(network);
    trainer(2).observer(history).extension(new WeightAverage(0.6)).build().train(network);

    double[] expected = new double[history.parameters.get(0).length];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = history.parameters.get(0)[i];
    }
    for (int t = 1; t < history.parameters.size(); t++) {
      double d = Math.min(0.6, (1.0 + t) / (10.0 + t));
      for (int i = 0; i < expected.length; i++) {
        expected[i] = d * expected[i] + (1 - d) * history.parameters.get(t)[i];
      }
    }
    Checkpoint averaged = Checkpoint.read(folder.resolve(WeightAverage.FILE));
    float[] actual = floats(averaged.network());
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual[i], 1e-5 * Math.max(1, Math.abs(expected[i])));
    }
    EpochMetrics last = history.epochs.get(1);
    double accuracy = Accuracy.of(averaged.network(), MiniFashion.evaluation(200));
    assertEquals(accuracy, last.emaAccuracy().orElseThrow());
    assertEquals(accuracy, averaged.state().lastAccuracy());
    assertNotEquals(last.testAccuracy(), accuracy, "they are different networks");
  }

  @Test
  void itsBatchNormsAreEstimatedAsThoseOfTheNetwork() {
    trainer(1).extension(new WeightAverage(0.6)).build().train(quantized());
    Checkpoint plain = Checkpoint.read(folder.resolve(WeightAverage.FILE));
    trainer(1)
        .extension(new WeightAverage(0.6))
        .extension(new BatchNormEstimation(MiniFashion.training(250), 2))
        .build()
        .train(quantized());
    Checkpoint estimated = Checkpoint.read(folder.resolve(WeightAverage.FILE));
    assertFalse(Arrays.equals(floats(plain.network()), floats(estimated.network())));
    BatchNormEstimation.run(plain.network(), MiniFashion.training(250), 2);
    assertArrayEquals(floats(plain.network()), floats(estimated.network()));
  }

  @Test
  void theTrainingItselfIsNotChanged() {
    Checkpoint plain = trainer(2).build().train(quantized());
    Checkpoint beside = trainer(2).extension(new WeightAverage(0.9)).build().train(quantized());
    assertArrayEquals(floats(plain.network()), floats(beside.network()));
    assertEquals(plain.state().accuracies(), beside.state().accuracies());
  }

  @Test
  void withoutAverageThereIsNoFile() {
    MultiLayerNetwork network = quantized();
    History history = new History(network);
    trainer(1).observer(history).build().train(network);
    assertTrue(history.epochs.get(0).emaAccuracy().isEmpty());
    assertTrue(Files.notExists(folder.resolve(WeightAverage.FILE)));
  }

  @Test
  void averagesOfOtherNetworksAreRefused() {
    WeightAverage average = new WeightAverage(0.9);
    trainer(1).extension(average).build().train(quantized());
    byte[] state = average.state().orElseThrow();
    WeightAverage other = new WeightAverage(0.9);
    trainer(1).extension(other).build().train(FLOAT.clone());
    assertThrows(ResumeException.class, () -> other.restore(state));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1, -0.5, 2, Double.NaN})
  void decaysOutOfRangeAreRefused(double decay) {
    assertThrows(IllegalArgumentException.class, () -> new WeightAverage(decay));
  }
}
