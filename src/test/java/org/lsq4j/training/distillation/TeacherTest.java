package org.lsq4j.training.distillation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.lsq4j.network.FastNetwork;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.Networks;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.network.TestNetworks;
import org.lsq4j.training.Calibration;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

class TeacherTest {

  private static final int CLASSES = 4;
  private static final InputType IMAGE = InputType.convolutional(8, 8, 3, CNN2DFormat.NHWC);
  private static final INDArray IMAGES = TestNetworks.normal(5, 6, 8, 8, 3);

  private static MultiLayerNetwork network(Activation output) {
    return TestNetworks.chain(
        IMAGE,
        new ConvolutionLayer.Builder(3, 3)
            .name("conv")
            .nOut(5)
            .dataFormat(CNN2DFormat.NHWC)
            .build(),
        new BatchNormalization.Builder()
            .name("norm")
            .dataFormat(CNN2DFormat.NHWC)
            .activation(Activation.RELU)
            .build(),
        new DenseLayer.Builder().name("dense").nOut(7).dropOut(0.5).build(),
        new OutputLayer.Builder(
                output == Activation.SOFTMAX ? LossFunction.MCXENT : LossFunction.MSE)
            .name("output")
            .nOut(CLASSES)
            .activation(output)
            .build());
  }

  private static void assertClose(INDArray expected, INDArray actual, double tolerance) {
    assertArrayEquals(expected.shape(), actual.shape());
    assertArrayEquals(
        expected.dup('c').data().asDouble(), actual.dup('c').data().asDouble(), tolerance);
  }

  @Test
  void floatTeachersSayWhatTheirNetworkSays() {
    MultiLayerNetwork network = network(Activation.SOFTMAX);
    String before = network.getLayerWiseConfigurations().toJson();

    INDArray probabilities = Teacher.of(network).probabilities(IMAGES, 1);

    assertClose(network.output(IMAGES), probabilities, 1e-5);
    assertEquals(before, network.getLayerWiseConfigurations().toJson());
  }

  /** Also if every layer is one of the engine's, so that there is nothing to exchange. */
  @Test
  void floatTeachersStayWhileTheirNetworkIsTrained() {
    NeuralNetwork network = FastNetwork.of(network(Activation.SOFTMAX));
    Teacher teacher = Teacher.of(network);
    INDArray before = teacher.probabilities(IMAGES, 1);
    network.fit(new DataSet(IMAGES, before.dup().assign(0.25)));
    assertEquals(before, teacher.probabilities(IMAGES, 1));
    assertNotEquals(before, Networks.output(network, IMAGES));
  }

  @Test
  void quantizedTeachersAreTakenAsTheyAre() {
    MultiLayerNetwork source = network(Activation.SOFTMAX);
    QuantizationPolicy policy = QuantizationPolicy.builder(2, 2).build();
    MultiLayerNetwork network = new NetworkQuantizer(policy).quantize(source).network();
    Calibration.run(
        network,
        new ExistingDataSetIterator(List.of(new DataSet(IMAGES, source.output(IMAGES)))),
        1);

    INDArray probabilities = Teacher.of(network).probabilities(IMAGES, 1);

    assertEquals(network.output(IMAGES), probabilities);
    assertTrue(probabilities.distance1(source.output(IMAGES)) > 0.01, "codes make a difference");
  }

  /** From the logits, which an output without softmax gives. */
  @Test
  void temperatureDividesTheLogits() {
    MultiLayerNetwork logits = network(Activation.IDENTITY);
    MultiLayerNetwork network = network(Activation.SOFTMAX);
    network.setParams(logits.params());
    INDArray expected = new ActivationSoftmax().getActivation(logits.output(IMAGES).div(3), false);

    assertClose(expected, Teacher.of(network).probabilities(IMAGES, 3), 1e-5);
  }

  @Test
  void batchesAreInstructedBehindTheirLabels() {
    MultiLayerNetwork network = network(Activation.SOFTMAX);
    Teacher teacher = Teacher.of(network);
    INDArray labels = TestNetworks.normal(1, 6, CLASSES);
    DataSet batch = new DataSet(IMAGES, labels);

    DataSet instructed = teacher.instruct(batch, 2);

    assertArrayEquals(new long[] {6, CLASSES}, batch.getLabels().shape());
    assertArrayEquals(new long[] {6, 2 * CLASSES}, instructed.getLabels().shape());
    for (int i = 0; i < 6; i++) {
      for (int c = 0; c < CLASSES; c++) {
        assertEquals(labels.getFloat(i, c), instructed.getLabels().getFloat(i, c));
        assertEquals(
            teacher.probabilities(IMAGES, 2).getFloat(i, c),
            instructed.getLabels().getFloat(i, CLASSES + c));
      }
    }
  }

  /** DL4J's own fit, with the loss in the network and the teacher in the iterator. */
  @Test
  void teachesTrainingsWithoutTrainer() {
    MultiLayerNetwork network = network(Activation.SOFTMAX);
    MultiLayerNetwork student =
        TestNetworks.chain(
            IMAGE,
            new OutputLayer.Builder(new DistillationLoss(2, 0, 1))
                .nOut(CLASSES)
                .activation(Activation.SOFTMAX)
                .updater(new Sgd(0.05))
                .build());
    INDArray wrong = network.output(IMAGES).mul(0);
    ExistingDataSetIterator batches =
        new ExistingDataSetIterator(List.of(new DataSet(IMAGES, wrong)));
    Teacher teacher = Teacher.of(network);
    double before = student.output(IMAGES).distance1(network.output(IMAGES));
    for (int i = 0; i < 200; i++) {
      batches.reset();
      DataSet batch = batches.next().copy();
      teacher.preProcessor(2).preProcess(batch);
      student.fit(batch);
    }
    double after = student.output(IMAGES).distance1(network.output(IMAGES));
    assertTrue(after < 0.1 * before, before + " to " + after);
  }

  @Test
  void inferenceModeHasNoDropout() {
    Teacher teacher = Teacher.of(network(Activation.SOFTMAX));
    assertEquals(teacher.probabilities(IMAGES, 1), teacher.probabilities(IMAGES, 1));
  }

  @Test
  void featuresAreGivenAsTheTeacherKnowsThem() {
    MultiLayerNetwork network = network(Activation.SOFTMAX);
    INDArray before = IMAGES.dup();
    Teacher teacher = Teacher.of(network).reading(features -> features.mul(2));

    assertClose(network.output(IMAGES.mul(2)), teacher.probabilities(IMAGES, 1), 1e-5);
    assertEquals(before, IMAGES);
  }

  @Test
  void otherClassesAreRefused() {
    assertError(
        "the teacher tells 4 classes apart, but the labels have 10",
        Activation.SOFTMAX,
        10,
        IMAGES);
  }

  @Test
  void otherShapesAreRefused() {
    INDArray smaller = TestNetworks.normal(5, 6, 7, 7, 3);
    assertError(
        "the teacher cannot take features of shape " + Arrays.toString(smaller.shape()),
        Activation.SOFTMAX,
        CLASSES,
        smaller);
  }

  @Test
  void outputsThatAreNoProbabilitiesAreRefused() {
    assertError("the teacher's outputs are no probabilities", Activation.IDENTITY, CLASSES, IMAGES);
  }

  private static void assertError(
      String expected, Activation output, int classes, INDArray features) {
    Teacher teacher = Teacher.of(network(output));
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> teacher.requireFits(features, classes));
    assertTrue(error.getMessage().startsWith(expected), error.getMessage());
  }

  @Test
  void checksumsTellTeachersApart() {
    MultiLayerNetwork network = network(Activation.SOFTMAX);
    long checksum = Teacher.of(network).checksum();
    assertEquals(checksum, Teacher.of(network.clone()).checksum());
    network.params().putScalar(17, 0.5);
    assertNotEquals(checksum, Teacher.of(network).checksum());
  }
}
