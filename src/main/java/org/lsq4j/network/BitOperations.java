package org.lsq4j.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.lsq4j.layer.LayerQuantization;
import org.lsq4j.layer.QuantizedDeconvolution2D;
import org.lsq4j.layer.QuantizedLayerConfiguration;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How much a network computes for one example: multiply-accumulates of its convolutions and dense
 * layers, and the same weighted by the bit widths of both operands, bits of weights times bits of
 * inputs (bit operations, BOPs). A float has 32 bits. Taps that meet padding count; biases, batch
 * norms, activations and pooling do not.
 *
 * @param multiplyAccumulates number of multiply-accumulates
 * @param bitOperations sum over them of bits of weights times bits of inputs
 * @param uncounted layers with weights of other kinds, which both numbers leave out
 */
public record BitOperations(long multiplyAccumulates, long bitOperations, List<String> uncounted) {

  /** Copies the names. */
  public BitOperations {
    uncounted = List.copyOf(uncounted);
  }

  /**
   * Counts a network's operations.
   *
   * @param features one example or more, as the network takes them
   */
  public static BitOperations of(NeuralNetwork network, INDArray features) {
    Map<String, LayerValues.Shapes> shapes = LayerValues.shapes(network, features);
    long examples = features.size(0);
    long macs = 0;
    long bits = 0;
    List<String> uncounted = new ArrayList<>();
    for (Layer layer : Networks.layers(network)) {
      if (!layer.paramTable().containsKey(QuantizedParamInitializer.WEIGHT)) {
        continue;
      }
      String name = Networks.nameOf(layer);
      if (!isCounted(layer) || !shapes.containsKey(name)) {
        uncounted.add(name);
        continue;
      }
      long own =
          layer.getParam(QuantizedParamInitializer.WEIGHT).length()
              * places(layer, shapes.get(name))
              / examples;
      macs += own;
      bits += own * bitProduct(layer);
    }
    return new BitOperations(macs, bits, uncounted);
  }

  private static boolean isCounted(Layer layer) {
    org.deeplearning4j.nn.conf.layers.Layer conf = layer.conf().getLayer();
    return conf instanceof QuantizedLayerConfiguration
        || (conf instanceof ConvolutionLayer && !(conf instanceof SeparableConvolution2D))
        || conf instanceof DenseLayer
        || conf instanceof BaseOutputLayer;
  }

  /** How often every weight is used: pixels of the output, or of the input if it is transposed. */
  private static long places(Layer layer, LayerValues.Shapes shapes) {
    FeedForwardLayer conf = (FeedForwardLayer) layer.conf().getLayer();
    return conf instanceof Deconvolution2D || conf instanceof QuantizedDeconvolution2D
        ? shapes.inputLength() / conf.getNIn()
        : shapes.outputLength() / conf.getNOut();
  }

  private static long bitProduct(Layer layer) {
    LayerQuantization quantization =
        layer.conf().getLayer() instanceof QuantizedLayerConfiguration conf
            ? conf.getQuantization()
            : LayerQuantization.FLOAT;
    return (long) bits(quantization.weights()) * bits(quantization.inputs());
  }

  private static int bits(QuantizerSpec spec) {
    return spec == null ? Float.SIZE : spec.bits();
  }
}
