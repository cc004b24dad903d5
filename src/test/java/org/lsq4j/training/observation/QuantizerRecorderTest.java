package org.lsq4j.training.observation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.network.MiniFashion;
import org.lsq4j.network.QuantizerView;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.training.BatchProgress;
import org.lsq4j.training.OptimizerSettings;
import org.lsq4j.training.ResumeException;
import org.lsq4j.training.StepGradients;
import org.lsq4j.training.Trainer;
import org.lsq4j.training.TrainingExtension;
import org.lsq4j.training.TrainingRun;
import org.lsq4j.training.TrainingRuns;
import org.lsq4j.training.TrainingSettings;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

class QuantizerRecorderTest {

  private static final int EPOCHS = 2;

  private final Map<Integer, List<QuantizerObservation>> records = new LinkedHashMap<>();

  private static INDArray features() {
    return MiniFashion.evaluation(20).next().getFeatures();
  }

  private static MultiLayerNetwork trained(TrainingExtension... extensions) {
    MultiLayerNetwork network = TrainingRuns.quantized(TrainingRuns.floatNetwork(), 3);
    return trained(network, extensions);
  }

  private static MultiLayerNetwork trained(
      MultiLayerNetwork network, TrainingExtension... extensions) {
    Trainer.Builder trainer =
        Trainer.builder(
            new TrainingSettings(EPOCHS, OptimizerSettings.sgd(0.05), 1),
            MiniFashion.training(400),
            MiniFashion.evaluation(100));
    List.of(extensions).forEach(trainer::extension);
    trainer.build().train(network);
    return network;
  }

  private QuantizerRecorder recorder() {
    return new QuantizerRecorder(features(), records::put);
  }

  @Test
  void aTrainingIsTheSameToTheBit() {
    MultiLayerNetwork without = trained();
    MultiLayerNetwork with = trained(recorder());

    assertArrayEquals(floats(without.params()), floats(with.params()));
    assertArrayEquals(
        floats(without.getUpdater().getStateViewArray()),
        floats(with.getUpdater().getStateViewArray()));
    assertEquals(List.of(1, 2), List.copyOf(records.keySet()));
  }

  private static float[] floats(INDArray array) {
    return array.dup('c').data().asFloat();
  }

  @Test
  void everyQuantizerIsSeen() {
    MultiLayerNetwork network = trained(recorder());
    List<QuantizerView> views = QuantizerView.of(network, features());
    List<QuantizerObservation> last = records.get(EPOCHS);

    assertEquals(views.size(), last.size());
    for (int i = 0; i < views.size(); i++) {
      QuantizerView view = views.get(i);
      QuantizerObservation seen = last.get(i);
      assertEquals(view.layer(), seen.layer());
      assertEquals(view.role(), seen.role());
      assertEquals(view.clipShare().getAsDouble(), seen.clipShare(), 1e-12);
      assertEquals(view.spec().range().lowest(), seen.lowestCode());
      assertEquals(view.spec().range().levels(), seen.codes().size());
      assertTrue(seen.codes().stream().mapToLong(Long::longValue).sum() > 0);
      assertTrue(seen.updateRatio() > 0, seen::toString);
      assertTrue(seen.errors().error() >= seen.errors().least(), seen::toString);
      assertNull(records.get(1).get(i).errors(), "errors take a search: at the end only");
      if (view.role() == QuantizerRole.WEIGHT) {
        assertTrue(seen.oscillation().weights() <= CodeFlips.MOST_WEIGHTS);
      } else {
        assertNull(seen.oscillation());
      }
    }
  }

  @Test
  void aFloatNetworkHasNothingToSee() {
    trained(TrainingRuns.floatNetwork(), recorder());
    assertTrue(records.isEmpty(), records::toString);
  }

  @Test
  void ratiosAreThoseOfThePaper() {
    MultiLayerNetwork network = TrainingRuns.quantized(TrainingRuns.floatNetwork(), 3);
    DataSet batch = MiniFashion.training(50).next();
    network.setInput(batch.getFeatures());
    network.setLabels(batch.getLabels());
    network.computeGradientAndScore();

    int index = 0;
    for (QuantizedLayer layer : Snapshot.quantizedLayers(network)) {
      UpdateRatios ratios = new UpdateRatios(layer);
      ratios.add(new StepGradients(network));
      // The mean of equal numbers.
      ratios.add(new StepGradients(network));
      double weights = relative(network, layer, "W");
      assertEquals(
          relative(network, layer, "sW") / weights, ratios.mean(QuantizerRole.WEIGHT), 1e-5);
      assertEquals(
          relative(network, layer, "sA") / weights,
          ratios.mean(QuantizerRole.INPUT),
          1e-5 * ratios.mean(QuantizerRole.INPUT) + 1e-9);
      index++;
    }
    assertEquals(4, index);
  }

  private static double relative(MultiLayerNetwork network, QuantizedLayer layer, String key) {
    INDArray gradient = network.gradient().getGradientFor(layer.getIndex() + "_" + key);
    return norm(gradient) / norm(layer.getParam(key));
  }

  private static double norm(INDArray values) {
    double sum = 0;
    for (float value : floats(values)) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }

  @Test
  void flipsCountChangesThatTurnBack() {
    MultiLayerNetwork network = TrainingRuns.quantized(TrainingRuns.floatNetwork(), 3);
    QuantizedLayer layer = Snapshot.quantizedLayers(network).get(0);
    INDArray weights = layer.getParam("W");
    double step = layer.getParam("sW").getDouble(0);
    weights.assign(0);
    CodeFlips flips = new CodeFlips(layer);
    flips.begin();
    // Up, up again, back, and forth: two of four updates turn back.
    for (double code : new double[] {1, 2, 1, 2}) {
      weights.assign(code * step);
      flips.update();
    }
    QuantizerObservation.Oscillation found = flips.result();
    assertEquals(Math.min(weights.length(), CodeFlips.MOST_WEIGHTS), found.weights());
    assertEquals(2.0 / 4, found.frequency());
    assertEquals(1, found.share());

    flips.begin();
    weights.assign(3 * step);
    flips.update();
    assertEquals(0, flips.result().frequency(), "an epoch begins anew");
  }

  private QuantizerRecorder started(MultiLayerNetwork network) {
    QuantizerRecorder recorder = recorder();
    recorder.start(new TrainingRun(network, 100, epoch -> 0, Optional.empty(), Optional.empty()));
    return recorder;
  }

  @Test
  void aStateIsTakenOverWholeOrRefused() {
    MultiLayerNetwork network = TrainingRuns.quantized(TrainingRuns.floatNetwork(), 3);
    QuantizerRecorder recorder = started(network);
    byte[] before = recorder.state().orElseThrow();
    DataSet batch = MiniFashion.training(50).next();
    for (int update = 1; update <= 3; update++) {
      recorder.beforeStep(batch);
      network.fit(batch);
      recorder.onGradients(new StepGradients(network));
      recorder.afterStep(new BatchProgress(1, 1, update, 10, 50, 0));
    }
    byte[] state = recorder.state().orElseThrow();
    assertFalse(Arrays.equals(before, state));

    QuantizerRecorder resumed = started(network);
    resumed.restore(state);
    assertArrayEquals(state, resumed.state().orElseThrow());
    for (int length : new int[] {0, state.length / 2, state.length - 1, state.length + 1}) {
      assertThrows(
          ResumeException.class, () -> started(network).restore(Arrays.copyOf(state, length)));
    }
    resumed.restore(before);
    assertArrayEquals(before, resumed.state().orElseThrow());
    assertEquals(Optional.empty(), started(TrainingRuns.floatNetwork()).state());
  }
}
