package org.lsq4j.network;

import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.layer.QuantizedLayerConfiguration;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How many bytes a network's parameters take when quantized weights are packed without gaps, each
 * layer filled up to a whole byte, and every other parameter is a 4-byte float.
 *
 * @param bytes size with packed weights, steps and offsets included
 * @param floatBytes size of the same network in float, without steps and offsets
 */
public record ModelSize(long bytes, long floatBytes) {

  /** The size of a network. */
  public static ModelSize of(NeuralNetwork network) {
    long bytes = 0;
    long floatBytes = 0;
    for (Layer layer : Networks.layers(network)) {
      for (Map.Entry<String, INDArray> parameter : layer.paramTable().entrySet()) {
        long length = parameter.getValue().length();
        bytes += (length * bits(layer, parameter.getKey()) + Byte.SIZE - 1) / Byte.SIZE;
        floatBytes +=
            QuantizedParamInitializer.isQuantizerParam(parameter.getKey())
                ? 0
                : length * Float.BYTES;
      }
    }
    return new ModelSize(bytes, floatBytes);
  }

  private static int bits(Layer layer, String key) {
    if (key.equals(QuantizedParamInitializer.WEIGHT)
        && layer.conf().getLayer() instanceof QuantizedLayerConfiguration conf) {
      QuantizerSpec weights = conf.getQuantization().weights();
      return weights == null ? Float.SIZE : weights.bits();
    }
    return Float.SIZE;
  }
}
