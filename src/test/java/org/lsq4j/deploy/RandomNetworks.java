package org.lsq4j.deploy;

import java.util.List;
import java.util.Random;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.weights.WeightInit;
import org.lsq4j.layer.QuantizedConvolution2D;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.Networks;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.network.TestNetworks;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.training.Calibration;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Small networks of random topology, geometry and quantizers, calibrated on random images. */
public final class RandomNetworks {

  /** Outputs of every network. */
  public static final int CLASSES = 5;

  private static final int CALIBRATION_IMAGES = 32;

  private static final List<Activation> ACTIVATIONS =
      List.of(
          Activation.RELU,
          Activation.RELU,
          Activation.SWISH,
          Activation.LEAKYRELU,
          Activation.RELU6,
          Activation.IDENTITY);

  private final Random random;
  private final CNN2DFormat format;
  private final InputType.InputTypeConvolutional input;
  private final GraphBuilder graph;
  private int number;

  /**
   * A network and what it takes.
   *
   * @param network quantized and calibrated
   * @param input size and format
   * @param description its quantizers, for messages
   */
  public record Sample(
      ComputationGraph network, InputType.InputTypeConvolutional input, String description) {

    /** Random images in the network's format. */
    public INDArray images(int count, long seed) {
      return input.getFormat() == CNN2DFormat.NCHW
          ? TestNetworks.normal(
              seed, count, input.getChannels(), input.getHeight(), input.getWidth())
          : TestNetworks.normal(
              seed, count, input.getHeight(), input.getWidth(), input.getChannels());
    }
  }

  private RandomNetworks(long seed) {
    random = new Random(seed);
    format = random.nextBoolean() ? CNN2DFormat.NCHW : CNN2DFormat.NHWC;
    input =
        (InputType.InputTypeConvolutional)
            InputType.convolutional(between(7, 12), between(7, 12), between(1, 4), format);
    graph =
        TestNetworks.settings()
            .seed(seed)
            .weightInit(WeightInit.RELU)
            .convolutionMode(ConvolutionMode.Truncate)
            .graphBuilder()
            .addInputs("input");
  }

  /** The network of a seed. */
  public static Sample of(long seed) {
    return new RandomNetworks(seed).build();
  }

  private int between(int low, int high) {
    return low + random.nextInt(high - low + 1);
  }

  private Sample build() {
    String last = convolution("input");
    int blocks = between(1, 3);
    for (int i = 0; i < blocks; i++) {
      last = block(last);
    }
    last = end(last);
    graph
        .addLayer(
            "output",
            new OutputLayer.Builder(LossFunction.MSE)
                .nOut(CLASSES)
                .activation(Activation.IDENTITY)
                .build(),
            last)
        .setOutputs("output")
        .setInputTypes(input);
    ComputationGraph network = new ComputationGraph(graph.build());
    network.init();
    randomizeNorms(network);
    return quantized(network);
  }

  private String name(String kind) {
    return kind + number++;
  }

  private String convolution(String source) {
    int kernel = between(1, 2) * 2 - 1;
    QuantizedConvolution2D.Builder layer =
        new QuantizedConvolution2D.Builder(kernel, between(1, 3))
            .nOut(between(1, 3) * 4)
            .stride(between(1, 2), between(1, 2))
            .dataFormat(format)
            .hasBias(random.nextBoolean());
    if (random.nextBoolean()) {
      layer.convolutionMode(ConvolutionMode.Same);
    } else {
      layer.padding(1, 1);
    }
    return finished(name("conv"), layer, source);
  }

  /** Adds a convolution with a batch norm, an activation, both or none behind it. */
  private String finished(String name, QuantizedConvolution2D.Builder layer, String source) {
    Activation activation = ACTIVATIONS.get(random.nextInt(ACTIVATIONS.size()));
    if (random.nextBoolean()) {
      graph.addLayer(name, layer.activation(activation).build(), source);
      // Behind an activation a norm cannot be folded.
      return random.nextInt(4) == 0 ? norm(name) : name;
    }
    graph.addLayer(name, layer.activation(Activation.IDENTITY).build(), source);
    String norm = norm(name);
    String last = name("act");
    graph.addLayer(last, new ActivationLayer(activation), norm);
    return last;
  }

  private String norm(String source) {
    String norm = name("norm");
    graph.addLayer(norm, new BatchNormalization(), source);
    return norm;
  }

  private QuantizedConvolution2D.Builder sameSize(int channels, int kernel) {
    return new QuantizedConvolution2D.Builder(kernel, kernel)
        .nOut(channels)
        .dataFormat(format)
        .convolutionMode(ConvolutionMode.Same);
  }

  private String block(String source) {
    return switch (random.nextInt(6)) {
      case 0 -> residual(source);
      case 1 -> depthwise(source);
      case 2 -> pooling(source);
      case 3 -> joined(source);
      case 4 -> padded(source);
      default -> convolution(source);
    };
  }

  private String residual(String source) {
    String start = finished(name("conv"), sameSize(8, 1), source);
    String inner = finished(name("conv"), sameSize(8, 3), start);
    String sum = name("sum");
    graph.addVertex(sum, new ElementWiseVertex(ElementWiseVertex.Op.Add), inner, start);
    String last = name("act");
    graph.addLayer(last, new ActivationLayer(Activation.RELU), sum);
    return last;
  }

  private String depthwise(String source) {
    String start = finished(name("conv"), sameSize(8, 1), source);
    int groups = random.nextBoolean() ? 8 : 4;
    int outputs = random.nextBoolean() ? 8 : 16;
    return finished(
        name("grouped"), sameSize(outputs, 3).groups(groups).dilation(1, between(1, 2)), start);
  }

  private String pooling(String source) {
    String pool = name("pool");
    graph.addLayer(
        pool,
        new SubsamplingLayer.Builder(random.nextBoolean() ? PoolingType.MAX : PoolingType.AVG)
            .kernelSize(3, 2)
            .stride(between(1, 2), between(1, 2))
            .convolutionMode(ConvolutionMode.Same)
            .dataFormat(format)
            .build(),
        source);
    return pool;
  }

  private String joined(String source) {
    String left = finished(name("conv"), sameSize(4, 1), source);
    String right = finished(name("conv"), sameSize(8, 3), source);
    String joined = name("joined");
    graph.addVertex(joined, new MergeVertex(), left, right);
    return joined;
  }

  private String padded(String source) {
    String padded = name("padded");
    ZeroPaddingLayer layer = new ZeroPaddingLayer.Builder(1, 0, 2, 1).build();
    layer.setDataFormat(format);
    graph.addLayer(padded, layer, source);
    return convolution(padded);
  }

  private String end(String source) {
    if (random.nextBoolean()) {
      graph.addLayer("dense", new DenseLayer.Builder().nOut(12).build(), source);
      return "dense";
    }
    graph.addLayer(
        "mean",
        new GlobalPoolingLayer.Builder(random.nextBoolean() ? PoolingType.AVG : PoolingType.MAX)
            .build(),
        source);
    return "mean";
  }

  private void randomizeNorms(ComputationGraph network) {
    for (Layer layer : Networks.layers(network)) {
      if (layer.conf().getLayer() instanceof BatchNormalization conf) {
        long channels = conf.getNOut();
        layer.setParam("gamma", uniform(channels, -0.5, 1.5));
        layer.setParam("beta", uniform(channels, -0.5, 0.5));
        layer.setParam("mean", uniform(channels, -0.5, 0.5));
        layer.setParam("log10stdev", uniform(channels, -0.3, 0.3));
      }
    }
  }

  private INDArray uniform(long length, double low, double high) {
    INDArray values = Nd4j.create(length);
    for (long i = 0; i < length; i++) {
      values.putScalar(i, low + random.nextDouble() * (high - low));
    }
    return values;
  }

  private Sample quantized(ComputationGraph network) {
    OffsetMode offset = OffsetMode.values()[random.nextInt(3)];
    Granularity granularity = Granularity.values()[random.nextInt(2)];
    int weights = between(2, 8);
    int inputs = between(2, 8);
    QuantizationPolicy policy =
        QuantizationPolicy.builder(weights, inputs)
            .edgeBits(random.nextBoolean() ? 8 : 2)
            .inputOffset(offset)
            .weightGranularity(granularity)
            .build();
    ComputationGraph quantized = new NetworkQuantizer(policy).quantize(network).network();
    Sample sample =
        new Sample(
            quantized,
            input,
            "W" + weights + "A" + inputs + " " + granularity + " offset " + offset + " " + format);
    INDArray images = sample.images(CALIBRATION_IMAGES, 5);
    DataSet batch = new DataSet(images, Nd4j.zeros(CALIBRATION_IMAGES, CLASSES));
    Calibration.run(quantized, TestNetworks.batches(batch), 1);
    return sample;
  }
}
