package org.lsq4j.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.listeners.CollectScoresIterationListener;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.network.MiniFashion;
import org.lsq4j.network.ModelFormatException;
import org.lsq4j.network.Networks;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** Whole trainings of a small network on real images. */
class TrainerTest {

  private static final int IMAGES = 500;
  private static final int BATCHES = 10;
  private static final int EPOCHS = 3;

  private static MultiLayerNetwork floatNetwork;
  private static double floatAccuracy;

  @TempDir private Path folder;

  /** Keeps all it hears; stops the training before a chosen epoch's checkpoint. */
  private static final class Recorder implements TrainingObserver {
    private final List<BatchProgress> batches = new ArrayList<>();
    private final List<EpochMetrics> epochs = new ArrayList<>();
    private int stopAt = Integer.MAX_VALUE;

    @Override
    public void onBatch(BatchProgress progress) {
      batches.add(progress);
    }

    @Override
    public void onEpoch(EpochMetrics metrics) {
      epochs.add(metrics);
      if (metrics.epoch() == stopAt) {
        throw new Interruption();
      }
    }
  }

  private static final class Interruption extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  @BeforeAll
  static void trainFloat() {
    Recorder recorder = new Recorder();
    floatNetwork = TrainingRuns.floatNetwork();
    Trainer trainer =
        Trainer.builder(
                new TrainingSettings(3, OptimizerSettings.sgd(0.05), 1),
                MiniFashion.training(2000),
                MiniFashion.evaluation(500))
            .observer(recorder)
            .build();
    floatAccuracy = trainer.train(floatNetwork).state().lastAccuracy();
    List<Double> losses = recorder.epochs.stream().map(EpochMetrics::loss).toList();
    assertTrue(losses.get(2) < 0.6 * losses.get(0), "the loss falls: " + losses);
  }

  @Test
  void floatTrainingLearns() {
    assertTrue(floatAccuracy > 0.7, "accuracy " + floatAccuracy);
    assertEquals(floatAccuracy, Accuracy.of(floatNetwork, MiniFashion.evaluation(500)));
  }

  @Test
  void quantizedTrainingLearns() {
    MultiLayerNetwork network = TrainingRuns.quantized(floatNetwork, 2);
    double before = Accuracy.of(network, MiniFashion.evaluation(500));
    Recorder recorder = new Recorder();
    double after =
        Trainer.builder(
                new TrainingSettings(2, OptimizerSettings.sgd(0.01), 1),
                MiniFashion.training(2000),
                MiniFashion.evaluation(500))
            .observer(recorder)
            .build()
            .train(network)
            .state()
            .lastAccuracy();
    assertTrue(after > 0.7 && after > before + 0.05, before + " to " + after);
    assertEquals(8, recorder.epochs.get(0).quantizers().size());
  }

  @Test
  void observersHearEveryBatchAndEpoch() {
    Recorder recorder = new Recorder();
    Checkpoint end = trainer(EPOCHS, recorder).train(quantized());
    assertEquals(EPOCHS * BATCHES, recorder.batches.size());
    BatchProgress progress = recorder.batches.get(BATCHES + 1);
    assertEquals(
        new BatchProgress(2, EPOCHS, 2, BATCHES, IMAGES / BATCHES, progress.loss()), progress);
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
      EpochMetrics metrics = recorder.epochs.get(epoch);
      assertEquals(epoch + 1, metrics.epoch());
      double mean =
          recorder.batches.subList(epoch * BATCHES, (epoch + 1) * BATCHES).stream()
              .mapToDouble(BatchProgress::loss)
              .average()
              .orElseThrow();
      assertEquals(mean, metrics.loss(), 1e-12);
      int last = (epoch + 1) * BATCHES - 1;
      double rate = 0.01 * (1 + Math.cos(Math.PI * last / (EPOCHS * BATCHES))) / 2;
      assertEquals(rate, metrics.learningRate(), 1e-9);
      assertEquals(end.state().accuracies().get(epoch), metrics.testAccuracy());
      assertTrue(metrics.seconds() > 0 && metrics.imagesPerSecond() > 0);
    }
  }

  @Test
  void lastAndBestAreWritten() {
    Checkpoint end = trainer(EPOCHS, new Recorder()).train(quantized());
    Checkpoint last = Checkpoint.read(folder.resolve(Trainer.LAST));
    Checkpoint best = Checkpoint.read(folder.resolve(Trainer.BEST));
    assertEquals(end.state(), last.state());
    assertEquals(params(end), params(last));
    List<Double> accuracies = end.state().accuracies();
    double highest = accuracies.stream().mapToDouble(x -> x).max().orElseThrow();
    assertEquals(accuracies.indexOf(highest) + 1, end.state().bestEpoch());
    assertEquals(highest, end.state().bestAccuracy());
    assertEquals(end.state().bestEpoch(), best.state().epochsDone());
    assertEquals(highest, Accuracy.of(best.network(), MiniFashion.evaluation(100)));
  }

  @Test
  void nothingIsWrittenWithoutFolder() throws IOException {
    Trainer trainer =
        Trainer.builder(settings(1), MiniFashion.training(100), MiniFashion.evaluation(100))
            .build();
    assertEquals(1, trainer.train(quantized()).state().epochsDone());
    assertEquals(Optional.empty(), trainer.resume());
    assertEquals(List.of(), files());
  }

  @ParameterizedTest
  @EnumSource(OptimizerKind.class)
  void resumingGivesTheUninterruptedTraining(OptimizerKind kind) throws IOException {
    TrainingSettings settings =
        new TrainingSettings(
            EPOCHS,
            new OptimizerSettings(
                kind,
                new LearningRate(0.002, ScheduleKind.COSINE, 1, 0.1, 1),
                0.5,
                0.9,
                OptionalDouble.empty()),
            7);
    Checkpoint whole = trainer(settings, new Recorder()).train(quantized());
    clear();
    Recorder interrupted = new Recorder();
    interrupted.stopAt = 3;
    assertThrows(Interruption.class, () -> trainer(settings, interrupted).train(quantized()));
    assertEquals(2, Checkpoint.read(folder.resolve(Trainer.LAST)).state().epochsDone());
    Recorder resumed = new Recorder();
    Checkpoint end = trainer(settings, resumed).resume().orElseThrow();
    assertEquals(params(whole), params(end));
    assertEquals(whole.state().accuracies(), end.state().accuracies());
    assertEquals(whole.state().bestEpoch(), end.state().bestEpoch());
    assertEquals(BATCHES, resumed.batches.size());
    assertEquals(EPOCHS, resumed.epochs.get(0).epoch());
  }

  @Test
  void sameSeedsGiveTheSameNetwork() {
    Checkpoint one = trainer(1, new Recorder()).train(quantized());
    Checkpoint two = trainer(1, new Recorder()).train(quantized());
    assertEquals(params(one), params(two));
  }

  @Test
  void finishedTrainingsAreReturnedAsTheyAre() throws IOException {
    Checkpoint end = trainer(1, new Recorder()).train(quantized());
    FileTime written = Files.getLastModifiedTime(folder.resolve(Trainer.LAST));
    Recorder recorder = new Recorder();
    Checkpoint again = trainer(1, recorder).resume().orElseThrow();
    assertEquals(end.state(), again.state());
    assertEquals(params(end), params(again));
    assertEquals(List.of(), recorder.batches);
    assertEquals(written, Files.getLastModifiedTime(folder.resolve(Trainer.LAST)));
  }

  @Test
  void withoutCheckpointThereIsNothingToResume() {
    assertEquals(Optional.empty(), trainer(1, new Recorder()).resume());
  }

  @Test
  void brokenCheckpointsAreErrorsThatNameTheFile() throws IOException {
    trainer(1, new Recorder()).train(quantized());
    Path last = folder.resolve(Trainer.LAST);
    byte[] bytes = Files.readAllBytes(last);
    Files.write(last, Arrays.copyOf(bytes, bytes.length / 2));
    ModelFormatException error =
        assertThrows(ModelFormatException.class, () -> trainer(2, new Recorder()).resume());
    String newest = folder.resolve("checkpoints/iteration-%08d.zip".formatted(BATCHES)).toString();
    assertTrue(error.getMessage().startsWith(newest), error.getMessage());
  }

  /** The rate explodes after a good epoch. */
  @Test
  void divergenceIsAnErrorThatNamesTheParameterAndKeepsTheLastGoodNetwork() {
    Checkpoint good = trainer(1, new Recorder()).train(quantized());
    OptimizerSettings absurd =
        new OptimizerSettings(
            OptimizerKind.SGD,
            new LearningRate(1e30, ScheduleKind.CONSTANT, 0, 0.1, 1),
            1,
            0.9,
            OptionalDouble.empty());
    Trainer trainer = trainer(new TrainingSettings(2, absurd, 1), new Recorder());
    TrainingDivergedException error =
        assertThrows(TrainingDivergedException.class, () -> trainer.train(quantized()));
    Path last = Trainer.newestCheckpoint(folder).orElseThrow();
    String message = error.getMessage();
    assertTrue(
        message.matches("Training diverged: loss \\S+ in epoch 1, iteration \\d+; .*"), message);
    assertTrue(message.contains("; parameter "), message);
    assertTrue(message.contains(" of layer "), message);
    assertTrue(message.endsWith("; the last good network is " + last), message);
    assertEquals(params(good), params(Checkpoint.read(last)));
  }

  /** Quantizers look at their steps before any loss is computed. */
  @Test
  void aBrokenStepIsDivergence() {
    MultiLayerNetwork network = quantized();
    network.getLayer(0).getParam("sA").assign(Double.NaN);
    TrainingDivergedException error =
        assertThrows(
            TrainingDivergedException.class, () -> trainer(1, new Recorder()).train(network));
    assertTrue(error.getMessage().contains("; parameter sA of layer "), error.getMessage());
  }

  @Test
  void trainingGoesOnWithTheGivenNetwork() {
    MultiLayerNetwork network = quantized();
    INDArray before = network.params().dup();
    Checkpoint end = trainer(1, new Recorder()).train(network);
    assertSame(network, end.network());
    assertFalse(before.equals(network.params()));
    assertEquals(BATCHES, Networks.iterations(network));
  }

  @Test
  void listenersOfTheUserHearEveryUpdateAndStay() {
    MultiLayerNetwork network = quantized();
    CollectScoresIterationListener listener = new CollectScoresIterationListener();
    network.setListeners(listener);
    trainer(1, new Recorder()).train(network);
    assertEquals(BATCHES, listener.getScoreVsIter().getEffectiveScores().length);
    assertEquals(List.of(listener), List.copyOf(network.getListeners()));
  }

  /** One after the other, in the order given, in every step. */
  @Test
  void extensionsAreCalledInOrder() {
    List<String> calls = new ArrayList<>();
    ImageBatches train = MiniFashion.training(50);
    Trainer.builder(settings(1), train, MiniFashion.evaluation(50))
        .extension(new Caller("a", calls))
        .extension(new Caller("b", calls))
        .build()
        .train(quantized());
    List<String> hooks = List.of("start", "before", "gradients", "after", "epoch", "end");
    assertEquals(
        hooks.stream().flatMap(hook -> Stream.of("a " + hook, "b " + hook)).toList(), calls);
  }

  /** Notes its calls. */
  private record Caller(String name, List<String> calls) implements TrainingExtension {
    private void note(String hook) {
      calls.add(name + " " + hook);
    }

    @Override
    public void start(TrainingRun run) {
      note("start");
    }

    @Override
    public DataSet beforeStep(DataSet batch) {
      note("before");
      return batch;
    }

    @Override
    public void onGradients(StepGradients gradients) {
      note("gradients");
    }

    @Override
    public void afterStep(BatchProgress step) {
      note("after");
    }

    @Override
    public EpochMetrics afterEpoch(EpochMetrics metrics) {
      note("epoch");
      return metrics;
    }

    @Override
    public void end() {
      note("end");
    }
  }

  @Test
  void settingsWithoutEpochsAreRefused() {
    OptimizerSettings optimizer = OptimizerSettings.sgd(0.1);
    assertThrows(IllegalArgumentException.class, () -> new TrainingSettings(0, optimizer, 1));
  }

  private Trainer trainer(int epochs, TrainingObserver observer) {
    return trainer(settings(epochs), observer);
  }

  private Trainer trainer(TrainingSettings settings, TrainingObserver observer) {
    ImageBatches train = MiniFashion.training(IMAGES);
    return Trainer.builder(settings, train, MiniFashion.evaluation(100))
        .checkpoints(folder)
        .observer(observer)
        .build();
  }

  private static TrainingSettings settings(int epochs) {
    return new TrainingSettings(epochs, OptimizerSettings.sgd(0.01), 7);
  }

  private static MultiLayerNetwork quantized() {
    return TrainingRuns.quantized(floatNetwork, 3);
  }

  private static INDArray params(Checkpoint checkpoint) {
    return ((MultiLayerNetwork) checkpoint.network()).params();
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  private void clear() throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        Files.delete(file);
      }
    }
  }
}
