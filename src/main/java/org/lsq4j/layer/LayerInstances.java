package org.lsq4j.layer;

import java.util.Collection;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What every layer configuration does to a layer it has just made. */
final class LayerInstances {

  private LayerInstances() {}

  /** What DL4J hands to {@code instantiate}, beside the layer's own configuration. */
  record Request(
      NeuralNetConfiguration conf,
      Collection<TrainingListener> listeners,
      int index,
      INDArray paramsView,
      boolean initializeParams) {}

  static <L extends Layer> L prepare(L layer, Request request) {
    layer.setListeners(request.listeners());
    layer.setIndex(request.index());
    layer.setParamsViewArray(request.paramsView());
    layer.setParamTable(
        request
            .conf()
            .getLayer()
            .initializer()
            .init(request.conf(), request.paramsView(), request.initializeParams()));
    layer.setConf(request.conf());
    return layer;
  }
}
