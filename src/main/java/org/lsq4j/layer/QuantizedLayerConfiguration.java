package org.lsq4j.layer;

/** What the configurations of all quantized layers share. */
public interface QuantizedLayerConfiguration {

  /** The layer's name. */
  String getLayerName();

  /** The layer's quantizers. */
  LayerQuantization getQuantization();

  /** Replaces the layer's quantizers; before the network is initialised. */
  void setQuantization(LayerQuantization quantization);

  /** How the weights are stored. */
  WeightLayout weightLayout();

  /** Whether the layer adds a bias. */
  boolean hasBias();
}
