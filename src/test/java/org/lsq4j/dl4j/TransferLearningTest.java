package org.lsq4j.dl4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.FineTuneConfiguration;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.deeplearning4j.nn.weights.WeightInit;
import org.junit.jupiter.api.Test;
import org.lsq4j.layer.LayerQuantization;
import org.lsq4j.layer.QuantizedOutput;
import org.lsq4j.network.MiniFashion;
import org.lsq4j.network.QuantizerView;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.QuantizerSpec;
import org.lsq4j.training.Accuracy;
import org.lsq4j.training.Calibration;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Nesterovs;

/** DL4J's transfer learning keeps, freezes and replaces quantized layers. */
class TransferLearningTest {

  private static final int DENSE = 3;
  private static final int OUTPUT = 4;

  private static final FineTuneConfiguration FINE_TUNE =
      new FineTuneConfiguration.Builder().updater(new Nesterovs(0.01, 0.9)).seed(5).build();

  @Test
  void frozenLayersKeepWeightsAndStepsAndANewOutputLearns() {
    MultiLayerNetwork source = Calibrated.chain(Calibrated.BATCHES);
    MultiLayerNetwork network =
        new TransferLearning.Builder(source)
            .fineTuneConfiguration(FINE_TUNE)
            .setFeatureExtractor(2)
            .removeOutputLayer()
            .addLayer(output())
            .build();

    for (String key : new String[] {"0_W", "0_sW", "0_sA", "2_sA", "3_W", "3_sW", "3_sA"}) {
      assertEquals(source.getParam(key), network.getParam(key), key);
    }
    IllegalStateException uncalibrated =
        assertThrows(IllegalStateException.class, () -> network.fit(Calibrated.training(), 1));
    assertTrue(uncalibrated.getMessage().contains("calibrate"), uncalibrated.getMessage());

    Calibration.run(network, Calibrated.training(), 2);
    INDArray denseStep = network.getParam(DENSE + "_sA").dup();
    assertEquals(source.getParam("3_sA"), denseStep, "a step that exists is kept");
    double before = Accuracy.of(network, Calibrated.test());
    network.fit(Calibrated.training(), 2);
    double after = Accuracy.of(network, Calibrated.test());

    assertTrue(before < 0.3 && after > 0.6, before + " to " + after);
    for (String key : new String[] {"0_W", "0_sW", "0_sA", "2_W", "2_sW", "2_sA"}) {
      assertEquals(source.getParam(key), network.getParam(key), key);
    }
    for (String key : new String[] {"3_W", "3_sW", "3_sA"}) {
      assertNotEquals(source.getParam(key), network.getParam(key), key);
    }
  }

  @Test
  void replacedWidthStartsWithoutSteps() {
    MultiLayerNetwork network =
        new TransferLearning.Builder(Calibrated.chain(Calibrated.BATCHES))
            .fineTuneConfiguration(FINE_TUNE)
            .nOutReplace(DENSE, 24, WeightInit.RELU, WeightInit.XAVIER)
            .build();
    assertEquals(0, network.getParam(DENSE + "_sW").getDouble(0));
    assertEquals(0, network.getParam(OUTPUT + "_sA").getDouble(0));
    assertTrue(network.getParam("0_sW").getDouble(0) > 0);
    Calibration.run(network, Calibrated.training(), 2);
    assertTrue(QuantizerView.of(network).stream().allMatch(QuantizerView::initialized));
    network.fit(Calibrated.training(), 2);
    double accuracy = Accuracy.of(network, Calibrated.test());
    assertTrue(accuracy > 0.6, "accuracy " + accuracy);
  }

  /** DL4J names the vertices of a chain that became a graph by number. */
  @Test
  void graph() {
    ComputationGraph source = Calibrated.graph(Calibrated.BATCHES);
    ComputationGraph network =
        new TransferLearning.GraphBuilder(source)
            .fineTuneConfiguration(FINE_TUNE)
            .setFeatureExtractor("2")
            .removeVertexKeepConnections("4")
            .addLayer("4", output(), "3")
            .setOutputs("4")
            .build();
    INDArray frozen = source.getLayer("2").getParam("sA").dup();
    assertEquals(frozen, network.getLayer("2").getParam("sA"));
    Calibration.run(network, Calibrated.training(), 2);
    INDArray trained = network.getLayer("3").getParam("sA").dup();
    network.fit(Calibrated.training(), 2);
    double accuracy = Accuracy.of(network, Calibrated.test());
    assertTrue(accuracy > 0.6, "accuracy " + accuracy);
    assertEquals(frozen, network.getLayer("2").getParam("sA"));
    assertFalse(trained.equals(network.getLayer("3").getParam("sA")));
  }

  private static QuantizedOutput output() {
    return new QuantizedOutput.Builder()
        .name("output")
        .nIn(32)
        .nOut(MiniFashion.CLASSES)
        .activation(Activation.SOFTMAX)
        .weightInit(WeightInit.XAVIER)
        .quantization(
            LayerQuantization.of(
                QuantizerSpec.weights(8), QuantizerSpec.activations(8, CodeSign.UNSIGNED)))
        .build();
  }
}
