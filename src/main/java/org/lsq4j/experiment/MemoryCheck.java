package org.lsq4j.experiment;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.training.StepMemory;

/**
 * Refuses batches for which the memory will not do. Without this, the system would end the process
 * in the middle, without a word.
 */
final class MemoryCheck {

  private static final double BYTES_PER_GIGABYTE = 1e9;

  private MemoryCheck() {}

  /**
   * A batch and the key that sets it.
   *
   * @param key for messages
   * @param size images
   */
  record Batch(String key, int size) {}

  /**
   * Checks all trainings of an experiment by the float network, as quantized ones need hardly more.
   *
   * @throws ConfigException if a batch does not fit; the message has one that does
   */
  static void check(ExperimentConfig config, ExperimentData data, NeuralNetwork network) {
    OptionalLong free = AvailableMemory.bytes();
    Batch largest = batches(config).stream().max(Comparator.comparingInt(Batch::size)).orElse(null);
    if (free.isEmpty() || largest == null) {
      return;
    }
    check(StepMemory.measure(network, data.training(1)), largest, free.getAsLong());
  }

  private static List<Batch> batches(ExperimentConfig config) {
    Stream<Batch> ofFloat =
        Stream.of(config.floatTraining())
            .filter(TrainingConfig::hasEpochs)
            .map(training -> new Batch("float.batch", training.batch()));
    Stream<Batch> ofRuns =
        config.runs().stream()
            .filter(run -> run.training().hasEpochs())
            .map(run -> new Batch("training.batch of run " + run.name(), run.training().batch()));
    return Stream.concat(ofFloat, ofRuns).toList();
  }

  static void check(StepMemory memory, Batch batch, long free) {
    double needed = memory.atLeast(batch.size());
    if (needed > free) {
      throw new ConfigException(
          String.format(
              Locale.ROOT,
              "%s: an update of %,d images needs at least %.1f GB of memory and %.1f GB are free;"
                  + " a batch of %,d would fit",
              batch.key(),
              batch.size(),
              needed / BYTES_PER_GIGABYTE,
              free / BYTES_PER_GIGABYTE,
              memory.largestBatch(free)));
    }
  }
}
