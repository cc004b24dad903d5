package org.lsq4j.training;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Consumer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.network.MiniFashion;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.quantizer.QuantizerRole;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** Each way to break a training is done for real, in the middle of one. */
class DivergenceGuardTest {

  private static final int POISONED = 5;

  /** Reaches into the network that is trained. */
  private abstract static class Poison implements TrainingExtension {

    private MultiLayerNetwork network;

    @Override
    public String name() {
      return "poison";
    }

    @Override
    public void start(TrainingRun run) {
      network = (MultiLayerNetwork) run.network();
    }

    MultiLayerNetwork network() {
      return network;
    }
  }

  private static Trainer trainer(TrainingExtension poison) {
    return Trainer.builder(
            new TrainingSettings(1, OptimizerSettings.sgd(0.01), 1),
            MiniFashion.training(2000),
            MiniFashion.evaluation(100))
        .extension(poison)
        .build();
  }

  private static TrainingDivergedException divergence(TrainingExtension poison) {
    MultiLayerNetwork network = TrainingRuns.quantized(TrainingRuns.floatNetwork(), 4);
    return assertThrows(TrainingDivergedException.class, () -> trainer(poison).train(network));
  }

  private static TrainingExtension poison(
      Consumer<DataSet> toBatch, Consumer<StepGradients> toGradients) {
    return poison(POISONED, toBatch, toGradients);
  }

  /** Does something to the batch of one step, or to its gradients. */
  private static TrainingExtension poison(
      int poisoned, Consumer<DataSet> toBatch, Consumer<StepGradients> toGradients) {
    return new TrainingExtension() {
      private int step;

      @Override
      public String name() {
        return "poison";
      }

      @Override
      public DataSet beforeStep(DataSet batch) {
        step++;
        DataSet copy = batch.copy();
        if (step == poisoned) {
          toBatch.accept(copy);
        }
        return copy;
      }

      @Override
      public void onGradients(StepGradients gradients) {
        if (step == poisoned) {
          toGradients.accept(gradients);
        }
      }
    };
  }

  /** An infinite pixel would be clipped by the first quantizer. */
  @Test
  void aPoisonedImageIsFound() {
    TrainingDivergedException error =
        divergence(poison(batch -> batch.getFeatures().putScalar(3, Double.NaN), gradients -> {}));

    assertEquals(POISONED, error.iteration(), error.getMessage());
    assertEquals(1, error.epoch());
  }

  @Test
  void aPoisonedLabelIsFoundInTheLoss() {
    TrainingDivergedException error =
        divergence(poison(batch -> batch.getLabels().putScalar(0, Double.NaN), gradients -> {}));

    assertTrue(
        error.getMessage().startsWith("Training diverged: loss NaN in epoch 1, iteration 5; "),
        error.getMessage());
    assertTrue(
        error.getMessage().matches(".*the last healthy loss was \\d\\.\\d+ in iteration 4.*"),
        error.getMessage());
  }

  /** A training of a MobileNet at 2 bits went on for epochs with a loss of 1e22. */
  @Test
  void aLossThatExplodesIsFoundThoughAllIsFinite() {
    TrainingDivergedException error =
        divergence(poison(batch -> batch.getLabels().muli(1e7), gradients -> {}));

    assertEquals(POISONED, error.iteration(), error.getMessage());
    assertTrue(
        error
            .getMessage()
            .matches(
                ".*; all parameters are still finite, but a loss above [\\d.e+]+, 100,000 times the"
                    + " first one \\(or 1\\), does not come back; the last healthy loss was .*"),
        error.getMessage());
  }

  @Test
  void aPeakOfTheLossIsNoDivergence() {
    // In the last step, so that what the update breaks has no loss any more.
    int last = MiniFashion.training(2000).batches();
    Trainer trainer = trainer(poison(last, batch -> batch.getLabels().muli(1e3), gradients -> {}));
    MultiLayerNetwork network = TrainingRuns.quantized(TrainingRuns.floatNetwork(), 4);

    assertDoesNotThrow(() -> trainer.train(network));
  }

  @ParameterizedTest
  @CsvSource({"sW, NaN", "sA, Infinity", "sA, -Infinity"})
  void aPoisonedStepGradientIsFoundAtOnce(String key, double value) {
    TrainingDivergedException error =
        divergence(
            new Poison() {
              private int step;

              @Override
              public DataSet beforeStep(DataSet batch) {
                step++;
                return batch;
              }

              @Override
              public void onGradients(StepGradients gradients) {
                if (step == POISONED) {
                  gradients.of(network().getLayer(2), key).assign(value);
                }
              }
            });

    assertTrue(error.getMessage().contains(key + " of layer conv2"), error.getMessage());
    assertTrue(error.iteration() <= POISONED + 1, error.getMessage());
  }

  @ParameterizedTest
  @CsvSource({"sW", "sA"})
  void aBrokenStepIsFoundWithItsLastHealthyValue(String key) {
    TrainingDivergedException error =
        divergence(
            new Poison() {
              @Override
              public void afterStep(BatchProgress step) {
                if (step.batch() == POISONED) {
                  network().getLayer(2).getParam(key).assign(Double.NaN);
                }
              }
            });

    assertTrue(
        error
            .getMessage()
            .matches(
                ".*parameter "
                    + key
                    + " of layer conv2 is no longer finite \\(last healthy in iteration 5 with"
                    + " magnitude [\\d.e-]+\\).*"),
        error.getMessage());
  }

  @Test
  void aWeightThatNoLossShowsIsFoundAtTheEndOfTheEpoch() {
    TrainingDivergedException error =
        divergence(
            new Poison() {
              @Override
              public void onGradients(StepGradients gradients) {
                // After the forward pass of the last step.
                if (network().getIterationCount() == MiniFashion.training(2000).batches() - 1) {
                  gradients.of(network().getLayer(3), "W").putScalar(0, Double.NaN);
                }
              }
            });

    assertTrue(error.getMessage().contains("parameter W of layer dense"), error.getMessage());
  }

  @Test
  void stepsAtTheFloorAndDeadQuantizersAreFound() {
    MultiLayerNetwork network = TrainingRuns.quantized(TrainingRuns.floatNetwork(), 4);
    ImageBatches images = MiniFashion.evaluation(50);
    assertEquals(List.of(), QuantizerHealth.of(network, images.next().getFeatures()));

    network.getLayer(2).getParam("sW").assign(1e-8);
    network.getLayer(3).getParam("sA").assign(1e6);
    images.startEpoch(0);
    List<QuantizerFault> faults = QuantizerHealth.of(network, images.next().getFeatures());

    assertEquals(
        List.of(
            new QuantizerFault(
                "conv2", QuantizerRole.WEIGHT, QuantizerFault.Kind.STEP_AT_FLOOR, 1, 1),
            new QuantizerFault("conv2", QuantizerRole.WEIGHT, QuantizerFault.Kind.CLIPPED, 1, 1),
            new QuantizerFault("dense", QuantizerRole.INPUT, QuantizerFault.Kind.DEAD, 1, 1)),
        faults.stream()
            .filter(fault -> !fault.layer().equals("output"))
            .filter(
                fault -> fault.kind() != QuantizerFault.Kind.DEAD || !fault.layer().equals("conv2"))
            .toList());
  }

  /** It happened in a training of ResNet-20: two layers lost their steps in the first epoch. */
  @Test
  void aStepFarTooSmallForItsWeightsIsFound() {
    MultiLayerNetwork network = TrainingRuns.quantized(TrainingRuns.floatNetwork(), 2);
    ImageBatches images = MiniFashion.evaluation(50);
    INDArray features = images.next().getFeatures();
    assertEquals(List.of(), QuantizerHealth.of(network, features));

    network.getLayer(2).getParam("sW").muli(0.01);

    // Behind it hardly anything arrives.
    assertEquals(
        List.of(
            new QuantizerFault("conv2", QuantizerRole.WEIGHT, QuantizerFault.Kind.CLIPPED, 1, 1)),
        QuantizerHealth.of(network, features).stream()
            .filter(fault -> fault.layer().equals("conv2"))
            .toList());
  }

  @Test
  void aChannelWhoseStepIsFarTooSmallIsFound() {
    QuantizationPolicy policy =
        QuantizationPolicy.builder(2, 2).weightGranularity(Granularity.PER_CHANNEL).build();
    MultiLayerNetwork network = TrainingRuns.quantized(TrainingRuns.floatNetwork(), policy);
    INDArray features = MiniFashion.evaluation(50).next().getFeatures();
    assertEquals(List.of(), QuantizerHealth.of(network, features));

    INDArray steps = network.getLayer(2).getParam("sW");
    steps.putScalar(1, steps.getDouble(1) * 0.01);

    QuantizerFault fault =
        new QuantizerFault(
            "conv2",
            QuantizerRole.WEIGHT,
            QuantizerFault.Kind.CLIPPED,
            1,
            Math.toIntExact(steps.length()));
    assertEquals(List.of(fault), QuantizerHealth.of(network, features));
    assertTrue(fault.toString().contains("in 1 of "), fault::toString);
  }
}
