package org.lsq4j.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.network.MiniFashion;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.network.ReferenceNetwork;
import org.lsq4j.network.TestNetworks;
import org.lsq4j.training.distillation.Distillation;
import org.lsq4j.training.distillation.DistillationLoss;
import org.lsq4j.training.distillation.Teacher;
import org.lsq4j.training.oscillation.OscillationControl;
import org.lsq4j.training.oscillation.OscillationMethod;
import org.lsq4j.training.oscillation.OscillationSettings;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** All extensions together on a network with branches. */
class ExtendedGraphTest {

  private static final ComputationGraph FLOAT = resnet();

  private static ComputationGraph resnet() {
    ComputationGraph network =
        (ComputationGraph)
            ReferenceNetwork.named("resnet8").create(MiniFashion.IMAGE, MiniFashion.CLASSES, 1);
    OptimizerSettings.sgd(0.05).applyTo(network, 1, 4);
    MiniFashion.training(200).forEachRemaining(network::fit);
    return network;
  }

  private static ComputationGraph quantized() {
    QuantizationPolicy policy = QuantizationPolicy.builder(3, 3).build();
    ComputationGraph network = new NetworkQuantizer(policy).quantize(FLOAT).network();
    Calibration.run(network, MiniFashion.training(100), 2);
    return network;
  }

  @Test
  void teachersSayWhatTheirNetworkSays() {
    INDArray features = MiniFashion.evaluation(50).next().getFeatures();
    assertArrayEquals(
        FLOAT.outputSingle(features).dup('c').data().asFloat(),
        Teacher.of(FLOAT).probabilities(features, 1).dup('c').data().asFloat(),
        1e-5f);
  }

  @Test
  void gradientsAreFoundByLayer() {
    ComputationGraph network = quantized();
    DataSet batch = MiniFashion.training(50).next();
    network.setInput(0, batch.getFeatures());
    network.setLabels(batch.getLabels());
    network.computeGradientAndScore();
    StepGradients gradients = new StepGradients(network);
    assertEquals(50, gradients.examples());
    for (QuantizedLayer layer : TestNetworks.quantizedLayers(network)) {
      for (String key : List.of("W", "sW", "sA")) {
        INDArray gradient = gradients.of(layer, key);
        assertArrayEquals(layer.getParam(key).shape(), gradient.shape());
        assertEquals(layer.getParam(key).ordering(), gradient.ordering());
      }
    }
  }

  @Test
  void everythingWorksTogether() {
    ComputationGraph network = quantized();
    List<EpochMetrics> epochs = new ArrayList<>();
    OscillationSettings freeze =
        new OscillationSettings(OscillationMethod.FREEZE, 0.2, 4, 0, 0.1, 0.1);
    Trainer.builder(
            new TrainingSettings(3, OptimizerSettings.sgd(0.05), 1),
            MiniFashion.training(200),
            MiniFashion.evaluation(100))
        .extension(new LabelSmoothing(0.1))
        .extension(new Distillation(Teacher.of(FLOAT), new DistillationLoss(2, 1, 1)))
        .extension(new OscillationControl(freeze))
        .extension(new WeightAverage(0.9))
        .observer(
            new TrainingObserver() {
              @Override
              public void onEpoch(EpochMetrics metrics) {
                epochs.add(metrics);
              }
            })
        .build()
        .train(network);

    EpochMetrics last = epochs.get(2);
    assertTrue(last.loss() < epochs.get(0).loss(), epochs::toString);
    assertTrue(last.emaAccuracy().isPresent());
    List<LayerOscillation> layers = last.oscillations().orElseThrow();
    assertTrue(layers.size() > 3, "all layers but those at the edges: " + layers);
    assertTrue(layers.stream().anyMatch(layer -> layer.frozen() > 0), layers::toString);
  }
}
