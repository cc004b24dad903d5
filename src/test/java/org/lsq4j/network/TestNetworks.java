package org.lsq4j.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.distribution.NormalDistribution;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.lsq4j.layer.impl.QuantizationMode;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Small networks and data with fixed seeds for tests of conversion and training. */
public final class TestNetworks {

  /** Outputs of {@link #linearOutput}. */
  public static final int OUTPUTS = 3;

  private TestNetworks() {}

  /** Settings of every test network: random weights and biases that matter. */
  public static NeuralNetConfiguration.Builder settings() {
    return new NeuralNetConfiguration.Builder()
        .seed(11)
        .updater(new Sgd(0.001))
        .activation(Activation.IDENTITY)
        .weightInit(new NormalDistribution(0, 0.4))
        .biasInit(0.1);
  }

  /** A chain of layers. */
  public static MultiLayerNetwork chain(
      InputType input, org.deeplearning4j.nn.conf.layers.Layer... layers) {
    NeuralNetConfiguration.ListBuilder list = settings().list();
    for (org.deeplearning4j.nn.conf.layers.Layer layer : layers) {
      list.layer(layer);
    }
    MultiLayerNetwork network = new MultiLayerNetwork(list.setInputType(input).build());
    network.init();
    return network;
  }

  /** Reference networks of every kind. */
  public static Stream<ReferenceNetwork> references() {
    return Stream.of(
            "lenet",
            "small-cnn",
            "vgg-small",
            "resnet8",
            "resnet20",
            "resnet14-preact",
            "mobilenet-0.25",
            "mobilenet-0.25-swish",
            "mobilenetv2-0.25",
            "mobilenetv2-0.25-swish")
        .map(ReferenceNetwork::named);
  }

  /** An output layer that hides no difference behind a softmax. */
  public static OutputLayer linearOutput() {
    return new OutputLayer.Builder(LossFunction.MSE)
        .name("output")
        .nOut(OUTPUTS)
        .activation(Activation.IDENTITY)
        .build();
  }

  /** Normal random numbers. */
  public static INDArray normal(long seed, long... shape) {
    Random random = new Random(seed);
    INDArray values = Nd4j.create(shape);
    for (long i = 0; i < values.length(); i++) {
      values.putScalar(i, random.nextGaussian());
    }
    return values;
  }

  /** Batches that can be read again and again. */
  public static DataSetIterator batches(DataSet... batches) {
    return new ExistingDataSetIterator(List.of(batches));
  }

  /** The layers of a network that have quantizers. */
  public static List<QuantizedLayer> quantizedLayers(NeuralNetwork network) {
    List<QuantizedLayer> layers = new ArrayList<>();
    for (Layer layer : Networks.layers(network)) {
      if (layer instanceof QuantizedLayer quantized) {
        layers.add(quantized);
      }
    }
    return layers;
  }

  /** Makes all quantized layers compute in float. */
  public static <N extends NeuralNetwork> N bypassed(N network) {
    quantizedLayers(network).forEach(layer -> layer.quantizers().setMode(QuantizationMode.BYPASS));
    return network;
  }
}
