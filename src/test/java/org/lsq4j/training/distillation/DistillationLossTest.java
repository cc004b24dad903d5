package org.lsq4j.training.distillation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lsq4j.network.TestNetworks;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

class DistillationLossTest {

  private static final int EXAMPLES = 4;
  private static final int CLASSES = 3;
  private static final IActivation SOFTMAX = new ActivationSoftmax();

  private static final INDArray LOGITS = doubles(1).muli(2);
  private static final INDArray LABELS = softmax(doubles(2).muli(20));
  private static final INDArray TEACHER = softmax(doubles(3));
  private static final INDArray BOTH = Nd4j.hstack(LABELS, TEACHER);

  private static INDArray doubles(long seed) {
    return TestNetworks.normal(seed, EXAMPLES, CLASSES).castTo(DataType.DOUBLE);
  }

  private static INDArray softmax(INDArray logits) {
    return new ActivationSoftmax().getActivation(logits.dup(), true);
  }

  private static void assertClose(INDArray expected, INDArray actual, double tolerance) {
    assertArrayEquals(expected.shape(), actual.shape());
    assertArrayEquals(
        expected.dup('c').data().asDouble(), actual.dup('c').data().asDouble(), tolerance);
  }

  @Test
  void atTemperatureOneMixtureIsCrossEntropyAgainstMixedLabels() {
    DistillationLoss loss = DistillationLoss.mixture(1, 0.3);
    LossMCXENT reference = new LossMCXENT();
    INDArray mixed = LABELS.mul(0.7).addi(TEACHER.mul(0.3));

    assertEquals(
        reference.computeScore(mixed, LOGITS.dup(), SOFTMAX, null, true),
        loss.computeScore(BOTH, LOGITS.dup(), SOFTMAX, null, true),
        1e-12);
    assertClose(
        reference.computeScoreArray(mixed, LOGITS.dup(), SOFTMAX, null),
        loss.computeScoreArray(BOTH, LOGITS.dup(), SOFTMAX, null),
        1e-12);
    assertClose(
        reference.computeGradient(mixed, LOGITS.dup(), SOFTMAX, null),
        loss.computeGradient(BOTH, LOGITS.dup(), SOFTMAX, null),
        1e-12);
  }

  @Test
  void sumOfThePaperIsTheSumOfTwoCrossEntropies() {
    DistillationLoss loss = new DistillationLoss(1, 1, 1);
    LossMCXENT reference = new LossMCXENT();

    assertEquals(
        reference.computeScore(LABELS, LOGITS.dup(), SOFTMAX, null, false)
            + reference.computeScore(TEACHER, LOGITS.dup(), SOFTMAX, null, false),
        loss.computeScore(BOTH, LOGITS.dup(), SOFTMAX, null, false),
        1e-12);
    assertClose(
        reference
            .computeGradient(LABELS, LOGITS.dup(), SOFTMAX, null)
            .addi(reference.computeGradient(TEACHER, LOGITS.dup(), SOFTMAX, null)),
        loss.computeGradient(BOTH, LOGITS.dup(), SOFTMAX, null),
        1e-12);
  }

  /** By hand for one example: a CE(y, p) + b T^2 CE(t, softmax(z / T)). */
  @Test
  void temperatureSoftensTheStudentAndScalesTheTeachersPart() {
    INDArray logits = Nd4j.createFromArray(new double[][] {{2, 0, -2}});
    INDArray both = Nd4j.createFromArray(new double[][] {{1, 0, 0, 0.5, 0.25, 0.25}});
    double sum = Math.exp(2) + 1 + Math.exp(-2);
    double soft = Math.exp(1) + 1 + Math.exp(-1);
    double hard = -(2 - Math.log(sum));
    double teacher = -(0.5 * 1 + 0.25 * 0 + 0.25 * -1 - Math.log(soft));
    assertEquals(
        0.25 * hard + 0.75 * 4 * teacher,
        DistillationLoss.mixture(2, 0.75).computeScore(both, logits, SOFTMAX, null, true),
        1e-12);
  }

  @ParameterizedTest
  @CsvSource({"1, 0.5, 0.5", "4, 0.5, 0.5", "4, 0, 1", "0.5, 1, 2", "20, 1, 1"})
  void gradientIsTheDerivativeOfTheLoss(double temperature, double label, double teacher) {
    DistillationLoss loss = new DistillationLoss(temperature, label, teacher);
    INDArray gradient = loss.computeGradient(BOTH, LOGITS.dup(), SOFTMAX, null);
    assertClose(differences(loss, LOGITS, SOFTMAX), gradient, 1e-7);
  }

  /** Behind a softmax the loss's gradient must be that of the logits after softmax's backprop. */
  @ParameterizedTest
  @CsvSource({"1, 0.5", "4, 0.5", "4, 1"})
  void identityBehindProbabilitiesGivesTheSameGradientOfTheLogits(
      double temperature, double teacher) {
    DistillationLoss loss = DistillationLoss.mixture(temperature, teacher);
    INDArray p = softmax(LOGITS);
    INDArray toProbabilities = loss.computeGradient(BOTH, p.dup(), new ActivationIdentity(), null);
    INDArray toLogits = new ActivationSoftmax().backprop(LOGITS.dup(), toProbabilities).getFirst();

    assertClose(loss.computeGradient(BOTH, LOGITS.dup(), SOFTMAX, null), toLogits, 1e-9);
    assertEquals(
        loss.computeScore(BOTH, LOGITS.dup(), SOFTMAX, null, true),
        loss.computeScore(BOTH, p, new ActivationIdentity(), null, true),
        1e-9);
  }

  private static INDArray differences(DistillationLoss loss, INDArray at, IActivation activation) {
    double h = 1e-5;
    INDArray result = at.ulike();
    for (int i = 0; i < at.length(); i++) {
      INDArray up = at.dup();
      INDArray down = at.dup();
      up.putScalar(i, at.getDouble(i) + h);
      down.putScalar(i, at.getDouble(i) - h);
      double difference =
          loss.computeScore(BOTH, up, activation, null, false)
              - loss.computeScore(BOTH, down, activation, null, false);
      result.putScalar(i, difference / (2 * h));
    }
    return result;
  }

  @Test
  void withoutTeacherItIsPlainCrossEntropy() {
    DistillationLoss loss = DistillationLoss.mixture(4, 0.9);
    LossMCXENT reference = new LossMCXENT();

    assertEquals(
        reference.computeScore(LABELS, LOGITS.dup(), SOFTMAX, null, true),
        loss.computeScore(LABELS, LOGITS.dup(), SOFTMAX, null, true),
        1e-12);
    assertClose(
        reference.computeGradient(LABELS, LOGITS.dup(), SOFTMAX, null),
        loss.computeGradient(LABELS, LOGITS.dup(), SOFTMAX, null),
        1e-12);
  }

  @Test
  void maskedExamplesTeachNothing() {
    DistillationLoss loss = DistillationLoss.mixture(2, 0.5);
    INDArray mask = Nd4j.createFromArray(1.0, 0.0, 1.0, 1.0).reshape(EXAMPLES, 1);

    INDArray gradient = loss.computeGradient(BOTH, LOGITS.dup(), SOFTMAX, mask);
    INDArray scores = loss.computeScoreArray(BOTH, LOGITS.dup(), SOFTMAX, mask);

    assertEquals(0, gradient.getRow(1).amaxNumber().doubleValue());
    assertTrue(gradient.getRow(0).amaxNumber().doubleValue() > 0);
    assertEquals(0, Math.abs(scores.getDouble(1)));
    assertTrue(scores.getDouble(0) > 0);
  }

  @Test
  void certainNetworksGiveFiniteLosses() {
    INDArray extreme = Nd4j.createFromArray(new float[][] {{500, -500, 0}});
    INDArray both = Nd4j.createFromArray(new float[][] {{0, 1, 0, 0, 1, 0}});
    DistillationLoss loss = DistillationLoss.mixture(3, 0.5);

    assertTrue(Double.isFinite(loss.computeScore(both, extreme.dup(), SOFTMAX, null, true)));
    INDArray gradient = loss.computeGradient(both, extreme.dup(), SOFTMAX, null);
    assertTrue(Double.isFinite(gradient.sumNumber().doubleValue()));
  }

  @Test
  void survivesSavingWithANetwork(@TempDir Path folder) throws IOException {
    DistillationLoss loss = new DistillationLoss(3, 0.25, 2);
    MultiLayerNetwork network =
        TestNetworks.chain(
            InputType.feedForward(5),
            new OutputLayer.Builder(loss).nOut(CLASSES).activation(Activation.SOFTMAX).build());
    Path file = folder.resolve("network.zip");
    network.save(file.toFile());

    MultiLayerNetwork loaded = MultiLayerNetwork.load(file.toFile(), true);

    OutputLayer output = (OutputLayer) loaded.getOutputLayer().conf().getLayer();
    assertEquals(loss, output.getLossFn());
  }

  @Test
  void otherNumbersOfColumnsAreErrors() {
    INDArray three = Nd4j.hstack(LABELS, TEACHER, TEACHER);
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                DistillationLoss.mixture(1, 0.5)
                    .computeScore(three, LOGITS.dup(), SOFTMAX, null, true));
    assertEquals(
        "Labels have 9 columns, but the network tells 3 classes apart: there must be 3, or 6 with a"
            + " teacher's probabilities behind them",
        error.getMessage());
  }

  @ParameterizedTest
  @CsvSource({"0, 1, 1", "-1, 1, 1", "NaN, 1, 1", "1, -1, 1", "1, 1, NaN", "1, 0, 0"})
  void valuesOutOfRangeAreRefused(double temperature, double label, double teacher) {
    assertThrows(
        IllegalArgumentException.class, () -> new DistillationLoss(temperature, label, teacher));
  }
}
