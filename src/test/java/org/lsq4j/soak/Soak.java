package org.lsq4j.soak;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.network.MiniFashion;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.Networks;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.network.ReferenceNetwork;
import org.lsq4j.training.Accuracy;
import org.lsq4j.training.BatchNormEstimation;
import org.lsq4j.training.BatchProgress;
import org.lsq4j.training.Calibration;
import org.lsq4j.training.EpochMetrics;
import org.lsq4j.training.OptimizerSettings;
import org.lsq4j.training.Trainer;
import org.lsq4j.training.TrainingObserver;
import org.lsq4j.training.TrainingSettings;
import org.lsq4j.training.WeightAverage;
import org.lsq4j.training.distillation.Distillation;
import org.lsq4j.training.distillation.DistillationLoss;
import org.lsq4j.training.distillation.Teacher;
import org.lsq4j.training.oscillation.OscillationControl;
import org.lsq4j.training.oscillation.OscillationMethod;
import org.lsq4j.training.oscillation.OscillationSettings;

/**
 * Trains for a long time and watches what the process holds.
 *
 * <p>One quantized ResNet-8 is trained from the beginning to the end, with a teacher, averaged
 * weights and oscillation control, evaluated and written to files after every epoch. After each of
 * its epochs another network lives and dies: a float CNN is trained, quantized, calibrated,
 * trained, saved, loaded and evaluated. So what one training collects is seen, and what networks
 * leave behind.
 *
 * <p>{@code java ... org.lsq4j.soak.Soak MINUTES FOLDER} runs it alone, writes {@code
 * FOLDER/soak.csv}, prints the verdict and exits with 1 if a measure is not flat.
 */
public final class Soak {

  private static final int BITS = 3;
  private static final int IMAGES = 500;
  private static final int TEST_IMAGES = 200;
  private static final double LEARNING_RATE = 0.005;
  private static final double MINUTES_PER_HOUR = 60;

  /** More than any soak lasts: time ends it. */
  private static final int EPOCHS = 1_000_000;

  private static final int SAMPLES = 400;

  /** On a busy machine a short run takes longer, until there are so many. */
  private static final int FEWEST_SAMPLES = 12;

  private final double hours;
  private final Path folder;
  private final Samples samples;
  private long updates;

  private Soak(double minutes, Path folder) {
    this.hours = minutes / MINUTES_PER_HOUR;
    this.folder = folder;
    samples = new Samples(folder.resolve("soak.csv"));
  }

  /** Ends the training when its time is over. */
  private static final class TimeIsOver extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private class Counter implements TrainingObserver {
    @Override
    public void onBatch(BatchProgress progress) {
      updates++;
    }
  }

  /** Between the epochs of the long training. */
  private final class Between extends Counter {
    @Override
    public void onEpoch(EpochMetrics metrics) {
      lifeOfAnotherNetwork();
      if (samples.hoursSinceLast() >= hours / SAMPLES) {
        samples.take(updates);
      }
      if (samples.hours() >= hours && samples.all().size() >= FEWEST_SAMPLES) {
        throw new TimeIsOver();
      }
    }
  }

  /**
   * Runs for so many minutes.
   *
   * @param minutes how long
   * @param folder for the CSV file and the networks
   * @return a verdict on every measure
   */
  static List<Flatness> run(double minutes, Path folder) {
    Soak soak = new Soak(minutes, folder);
    soak.train();
    return Arrays.stream(Measure.values())
        .map(measure -> Flatness.of(measure, soak.samples.all()))
        .toList();
  }

  private void train() {
    NeuralNetwork floatNetwork = create("resnet8");
    trainer(1, new Counter()).build().train(floatNetwork);
    Trainer trainer =
        trainer(EPOCHS, new Between())
            .checkpoints(folder.resolve("long"))
            .extension(new Distillation(Teacher.of(floatNetwork), DistillationLoss.mixture(2, 0.5)))
            .extension(new OscillationControl(OscillationSettings.of(OscillationMethod.FREEZE)))
            .extension(new WeightAverage(0.99))
            .extension(new BatchNormEstimation(training(), 2))
            .build();
    try {
      trainer.train(quantized(floatNetwork));
      throw new IllegalStateException("The training ended before its time");
    } catch (TimeIsOver e) {
      samples.take(updates);
    }
  }

  private void lifeOfAnotherNetwork() {
    NeuralNetwork floatNetwork = create("small-cnn");
    trainer(1, new Counter()).build().train(floatNetwork);
    Path checkpoints = folder.resolve("short");
    NeuralNetwork network = quantized(floatNetwork);
    trainer(1, new Counter()).checkpoints(checkpoints).build().train(network);
    NeuralNetwork loaded = Networks.load(checkpoints.resolve(Trainer.LAST));
    double accuracy = Accuracy.of(loaded, test());
    if (accuracy != Accuracy.of(network, test())) {
      throw new IllegalStateException("A loaded network computes something else");
    }
  }

  private static NeuralNetwork create(String name) {
    return ReferenceNetwork.named(name).create(MiniFashion.IMAGE, MiniFashion.CLASSES, 1);
  }

  private static NeuralNetwork quantized(NeuralNetwork floatNetwork) {
    NeuralNetwork network =
        new NetworkQuantizer(QuantizationPolicy.builder(BITS, BITS).build())
            .quantize(floatNetwork)
            .network();
    Calibration.run(network, training(), 2);
    return network;
  }

  private static Trainer.Builder trainer(int epochs, TrainingObserver observer) {
    TrainingSettings settings =
        new TrainingSettings(epochs, OptimizerSettings.sgd(LEARNING_RATE), 1);
    return Trainer.builder(settings, training(), test()).observer(observer);
  }

  private static ImageBatches training() {
    return MiniFashion.training(IMAGES);
  }

  private static ImageBatches test() {
    return MiniFashion.evaluation(TEST_IMAGES);
  }

  /** Minutes and folder. */
  public static void main(String[] arguments) throws java.io.IOException {
    Path folder = Path.of(arguments[1]);
    List<Flatness> verdicts = run(Double.parseDouble(arguments[0]), folder);
    verdicts.forEach(System.out::println);
    Files.write(folder.resolve("verdict.txt"), verdicts.stream().map(Flatness::toString).toList());
    System.exit(verdicts.stream().allMatch(Flatness::isFlat) ? 0 : 1);
  }
}
