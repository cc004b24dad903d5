package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.junit.jupiter.api.Test;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.training.Accuracy;
import org.lsq4j.training.Calibration;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;

/**
 * Networks of every kind of layer that have learned something predict almost the same at 8 bits,
 * calibrated and not trained.
 */
class TrainedKindsConversionTest {

  /** As integer hardware has them: a step for each channel of weights, inputs with a zero point. */
  private static final QuantizationPolicy EIGHT_BITS =
      QuantizationPolicy.builder(8, 8)
          .weightGranularity(Granularity.PER_CHANNEL)
          .inputOffset(OffsetMode.INTEGER)
          .build();

  private static final int TRAINING_IMAGES = 2000;
  private static final int TEST_IMAGES = 1000;
  private static final int EPOCHS = 12;
  private static final double LEARNED = 0.75;

  @Test
  void chainPredictsAlmostTheSame() {
    CNN2DFormat format = CNN2DFormat.NCHW;
    NeuralNetConfiguration.ListBuilder layers = settings().list();
    List.of(
            convolution("stem", 4, 16, 4),
            new BatchNormalization(),
            new ActivationLayer(Activation.SWISH),
            new DepthwiseConvolution2D.Builder(3, 3).name("depthwise").build(),
            new BatchNormalization(),
            new ActivationLayer(Activation.RELU6),
            new SeparableConvolution2D.Builder(3, 3).name("separable").nOut(24).build(),
            new BatchNormalization(),
            new ActivationLayer(Activation.RELU),
            new DropoutLayer(0.9),
            new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX).build(),
            new DenseLayer.Builder().name("dense").nOut(48).activation(Activation.RELU).build(),
            output())
        .forEach(layer -> layers.layer(layer));
    MultiLayerNetwork network = new MultiLayerNetwork(layers.setInputType(images(format)).build());
    network.init();
    network.fit(MiniFashion.training(TRAINING_IMAGES, format), EPOCHS);
    assertPredictAlmostTheSame(network, format, 6);
  }

  @Test
  void graphPredictsAlmostTheSame() {
    CNN2DFormat format = CNN2DFormat.NHWC;
    ComputationGraph network =
        new ComputationGraph(
            settings()
                .graphBuilder()
                .addInputs("in")
                .addLayer("stem", convolution("stem", 4, 12, 4), "in")
                .addLayer("norm", new BatchNormalization(), "stem")
                .addLayer("relu", new ActivationLayer(Activation.RELU), "norm")
                .addLayer("left", convolution("left", 3, 12, 1), "relu")
                .addLayer("left-norm", new BatchNormalization(), "left")
                .addVertex(
                    "add", new ElementWiseVertex(ElementWiseVertex.Op.Add), "left-norm", "relu")
                .addLayer("add-relu", new ActivationLayer(Activation.RELU), "add")
                .addLayer("down", convolution("down", 3, 16, 2), "add-relu")
                .addLayer("pad", new ZeroPaddingLayer(1, 0, 1, 0), "down")
                .addLayer(
                    "up",
                    new Deconvolution2D.Builder(3, 3)
                        .nOut(12)
                        .padding(2, 2)
                        .stride(2, 2)
                        .activation(Activation.RELU)
                        .convolutionMode(ConvolutionMode.Truncate)
                        .build(),
                    "pad")
                .addVertex("merge", new MergeVertex(), "up", "add-relu")
                .addLayer("mix", convolution("mix", 3, 32, 2), "merge")
                .addLayer("mix-norm", new BatchNormalization(), "mix")
                .addLayer("swish", new ActivationLayer(Activation.SWISH), "mix-norm")
                .addLayer("pool", new GlobalPoolingLayer(PoolingType.MAX), "swish")
                .addLayer("output", output(), "pool")
                .setOutputs("output")
                .setInputTypes(images(format))
                .build());
    network.init();
    network.fit(MiniFashion.training(TRAINING_IMAGES, format), EPOCHS);
    assertPredictAlmostTheSame(network, format, 6);
  }

  private static void assertPredictAlmostTheSame(
      NeuralNetwork network, CNN2DFormat format, int quantizedLayers) {
    double accuracy = Accuracy.of(network, MiniFashion.evaluation(TEST_IMAGES, format));
    assertTrue(accuracy > LEARNED, "the float network must have learned: " + accuracy);
    NeuralNetwork eight = new NetworkQuantizer(EIGHT_BITS).quantize(network).network();
    assertEquals(quantizedLayers, TestNetworks.quantizedLayers(eight).size());
    Calibration.run(eight, MiniFashion.training(TRAINING_IMAGES, format), 8);
    int same = agreements(network, eight, MiniFashion.evaluation(TEST_IMAGES, format));
    assertTrue(
        same >= 0.99 * TEST_IMAGES,
        accuracy + ": " + same + " of " + TEST_IMAGES + " predictions agree");
  }

  private static int agreements(NeuralNetwork one, NeuralNetwork other, ImageBatches test) {
    int same = 0;
    while (test.hasNext()) {
      INDArray x = test.next().getFeatures();
      INDArray predictions = Networks.output(one, x).argMax(1);
      INDArray equal = predictions.eq(Networks.output(other, x).argMax(1));
      same += equal.castTo(DataType.INT32).sumNumber().intValue();
    }
    return same;
  }

  private static NeuralNetConfiguration.Builder settings() {
    return new NeuralNetConfiguration.Builder()
        .seed(5)
        .updater(new Adam(2e-3))
        .weightInit(WeightInit.RELU)
        .activation(Activation.IDENTITY)
        .convolutionMode(ConvolutionMode.Same);
  }

  private static InputType images(CNN2DFormat format) {
    return InputType.convolutional(28, 28, 1, format);
  }

  /** With a bias, even where a batch norm follows, as many networks from Keras have. */
  private static Layer convolution(String name, int kernel, int channels, int stride) {
    return new ConvolutionLayer.Builder(kernel, kernel)
        .name(name)
        .nOut(channels)
        .stride(stride, stride)
        .build();
  }

  private static Layer output() {
    return new OutputLayer.Builder()
        .name("output")
        .nOut(MiniFashion.CLASSES)
        .activation(Activation.SOFTMAX)
        .build();
  }
}
