package org.lsq4j.layer;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.distribution.NormalDistribution;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.Tensors;
import org.lsq4j.layer.impl.LayerQuantizers;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;

/** Small networks and data with fixed seeds. */
final class TestNetworks {

  static final int CLASSES = 4;

  /** Four bits everywhere, signed, as LSQ has it. */
  static final LayerQuantization FOUR_BITS =
      LayerQuantization.of(QuantizerSpec.weights(4), QuantizerSpec.activations(4, CodeSign.SIGNED));

  /** The images of {@link #imageLayers}. */
  static final InputType IMAGES = InputType.convolutional(8, 7, 2);

  private TestNetworks() {}

  /** A chain of layers with normally distributed weights. */
  static MultiLayerNetwork chain(
      DataType type, IUpdater updater, InputType input, Layer... layers) {
    NeuralNetConfiguration.ListBuilder list = settings(type, updater).list();
    Arrays.stream(layers).forEach(list::layer);
    MultiLayerNetwork network = new MultiLayerNetwork(list.setInputType(input).build());
    network.init();
    return network;
  }

  /** The same layers as a graph whose vertices are called 0, 1, 2 and so on. */
  static ComputationGraph graph(DataType type, IUpdater updater, InputType input, Layer... layers) {
    var builder = settings(type, updater).graphBuilder().addInputs("in").setInputTypes(input);
    for (int i = 0; i < layers.length; i++) {
      builder.addLayer("" + i, layers[i], i == 0 ? "in" : "" + (i - 1));
    }
    builder.setOutputs("" + (layers.length - 1));
    ComputationGraph graph = new ComputationGraph(builder.build());
    graph.init();
    return graph;
  }

  private static NeuralNetConfiguration.Builder settings(DataType type, IUpdater updater) {
    return new NeuralNetConfiguration.Builder()
        .seed(11)
        .dataType(type)
        .updater(updater)
        .weightInit(new NormalDistribution(0, 0.5));
  }

  /** Random images for {@link #imageLayers}. */
  static INDArray images(DataType type, int examples, long seed) {
    return Tensors.gaussian(seed, type, examples, 2, 8, 7);
  }

  /** One-hot labels. */
  static INDArray labels(DataType type, int examples) {
    INDArray labels = Nd4j.zeros(type, examples, CLASSES);
    Random random = new Random(3);
    for (int i = 0; i < examples; i++) {
      labels.putScalar(i, random.nextInt(CLASSES), 1);
    }
    return labels;
  }

  /** Gives all quantizers steps and offsets, different ones for different channels. */
  static <N extends NeuralNetwork> N initialized(N network) {
    quantizers(network).forEach(TestNetworks::initialize);
    return network;
  }

  private static void initialize(LayerQuantizers quantizers) {
    for (QuantizerRole role : QuantizerRole.values()) {
      double step = role == QuantizerRole.WEIGHT ? 0.15 : 0.21;
      quantizers.tensors(role).ifPresent(tensors -> initialize(tensors, step));
    }
  }

  private static void initialize(QuantizerTensors tensors, double step) {
    for (int i = 0; i < tensors.step().length(); i++) {
      tensors.step().putScalar(i, step * (1 + 0.1 * i));
    }
    tensors.learnedOffset().ifPresent(offset -> offset.assign(0.3 * step));
  }

  /** The quantizers of all quantized layers, in order. */
  static Stream<LayerQuantizers> quantizers(NeuralNetwork network) {
    return layers(network)
        .filter(QuantizedLayer.class::isInstance)
        .map(layer -> ((QuantizedLayer) layer).quantizers());
  }

  private static Stream<org.deeplearning4j.nn.api.Layer> layers(NeuralNetwork network) {
    return Arrays.stream(
        network instanceof MultiLayerNetwork chain
            ? chain.getLayers()
            : ((ComputationGraph) network).getLayers());
  }

  /** A quantized image network with every kind of layer but sequences. */
  static Layer[] imageLayers(LayerQuantization quantization) {
    return new Layer[] {
      new QuantizedConvolution2D.Builder(3, 3)
          .nOut(4)
          .quantization(quantization)
          .activation(Activation.RELU)
          .build(),
      new FastBatchNormalization(),
      new QuantizedConvolution2D.Builder(3, 3)
          .nOut(4)
          .groups(4)
          .convolutionMode(ConvolutionMode.Same)
          .stride(2, 2)
          .quantization(quantization)
          .activation(Activation.TANH)
          .build(),
      new QuantizedDense.Builder()
          .nOut(6)
          .quantization(quantization)
          .activation(Activation.RELU)
          .build(),
      new QuantizedOutput.Builder().nOut(CLASSES).quantization(quantization).build()
    };
  }
}
