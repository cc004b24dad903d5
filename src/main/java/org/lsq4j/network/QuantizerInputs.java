package org.lsq4j.network;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.layer.impl.InputObserver;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.quantizer.QuantizerRole;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What reaches the input quantizers of a network. */
public final class QuantizerInputs {

  private QuantizerInputs() {}

  /**
   * Lets a network compute a batch and watches; the network is not changed.
   *
   * @param features a batch as the network takes it
   * @param watcher gets every layer whose input quantizer is initialised, and its input before
   *     quantization, which is valid during the call only
   */
  public static void observe(
      NeuralNetwork network, INDArray features, BiConsumer<QuantizedLayer, INDArray> watcher) {
    List<QuantizedLayer> observed = new ArrayList<>();
    try {
      for (Layer layer : Networks.layers(network)) {
        if (layer instanceof QuantizedLayer quantized
            && quantized.quantizers().isInitialized(QuantizerRole.INPUT)) {
          observed.add(quantized);
          quantized.quantizers().setInputObserver(input -> watcher.accept(quantized, input));
        }
      }
      Networks.output(network, features);
    } finally {
      observed.forEach(layer -> layer.quantizers().setInputObserver(InputObserver.NONE));
    }
  }
}
