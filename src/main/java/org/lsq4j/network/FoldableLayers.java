package org.lsq4j.network;

import java.util.Set;
import org.deeplearning4j.nn.conf.layers.Convolution1D;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.Convolution2D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.params.SeparableConvolutionParamInitializer;
import org.lsq4j.layer.QuantizedDense;
import org.lsq4j.layer.QuantizedLayerConfiguration;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.lsq4j.quantizer.ChannelLayout;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The layers a batch norm can be folded into, and where their output channels are. */
final class FoldableLayers {

  /** Exact classes: a subclass may compute something else. */
  private static final Set<Class<?>> STOCK =
      Set.of(
          ConvolutionLayer.class,
          Convolution2D.class,
          Convolution1D.class,
          Convolution1DLayer.class,
          DepthwiseConvolution2D.class,
          SeparableConvolution2D.class,
          Deconvolution2D.class,
          DenseLayer.class);

  private FoldableLayers() {}

  /** Whether a layer is linear up to its activation, with weights for each output channel. */
  static boolean canTake(Layer layer) {
    boolean isOurs =
        layer instanceof QuantizedLayerConfiguration
            && (layer instanceof ConvolutionLayer || layer instanceof QuantizedDense);
    boolean isNormalized = layer instanceof DenseLayer dense && dense.hasLayerNorm();
    return (isOurs || STOCK.contains(layer.getClass())) && !isNormalized;
  }

  /** Gives a layer that {@link #canTake} a bias, before it has parameters. */
  static void addBias(FeedForwardLayer layer) {
    if (layer instanceof ConvolutionLayer convolution) {
      convolution.setHasBias(true);
    } else if (layer instanceof QuantizedDense dense) {
      dense.setHasBias(true);
    } else {
      ((DenseLayer) layer).setHasBias(true);
    }
  }

  /** The key of the weights that make the output channels. */
  static String weightKey(Layer layer) {
    return layer instanceof SeparableConvolution2D
        ? SeparableConvolutionParamInitializer.POINT_WISE_WEIGHT_KEY
        : QuantizedParamInitializer.WEIGHT;
  }

  /** Weights with those of each output channel multiplied by its factor: a copy. */
  static INDArray scaled(Layer layer, INDArray weights, double[] factors) {
    ChannelLayout channels = channels(layer, weights.shape());
    double[] values = weights.dup('c').data().asDouble();
    for (int i = 0; i < values.length; i++) {
      values[i] *= factors[channels.channel(i)];
    }
    return Nd4j.createFromArray(values).castTo(weights.dataType()).reshape('c', weights.shape());
  }

  /**
   * Which channel an element of the weights in row-major order belongs to. DL4J's depthwise weights
   * are [kH, kW, C, M] with the channels c M + m; what it calls [nOut, nIn, k, 1] in one dimension
   * is [k, nIn, nOut].
   */
  private static ChannelLayout channels(Layer layer, long[] shape) {
    if (layer instanceof QuantizedLayerConfiguration quantized) {
      return ChannelLayout.ofAxis(shape, quantized.weightLayout().channelAxis());
    }
    if (layer instanceof DepthwiseConvolution2D) {
      return new ChannelLayout(Math.toIntExact(shape[2] * shape[3]), 1);
    }
    if (layer instanceof Convolution1DLayer) {
      return new ChannelLayout(Math.toIntExact(shape[0]), 1);
    }
    boolean isOnAxis1 = layer instanceof DenseLayer || layer instanceof Deconvolution2D;
    return ChannelLayout.ofAxis(shape, isOnAxis1 ? 1 : 0);
  }
}
