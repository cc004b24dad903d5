package org.lsq4j.layer.impl;

import org.deeplearning4j.nn.api.Layer;

/** What the implementations of all quantized layers share. */
public interface QuantizedLayer extends Layer {

  /** The layer's quantizers. */
  LayerQuantizers quantizers();
}
