package org.lsq4j.network;

import java.util.ArrayList;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.weights.WeightInitXavier;
import org.lsq4j.layer.LayerSettings;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMAE;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

/** Makes a network that DL4J imported one that can be trained. Parameters stay as they are. */
final class ImportedNetwork {

  /** An output layer's end. */
  private record Head(IActivation activation, ILossFunction loss) {

    static Head of(IActivation activation, KerasImport.Loss loss) {
      if (activation instanceof ActivationSoftmax) {
        return new Head(activation, new LossMCXENT());
      }
      if (activation instanceof ActivationSigmoid) {
        return new Head(activation, new LossBinaryXENT());
      }
      return switch (loss) {
        case SQUARED_ERROR -> new Head(activation, new LossMSE());
        case ABSOLUTE_ERROR -> new Head(activation, new LossMAE());
        case CROSS_ENTROPY -> new Head(new ActivationSoftmax(), new LossMCXENT());
        case BINARY_CROSS_ENTROPY -> new Head(new ActivationSigmoid(), new LossBinaryXENT());
      };
    }
  }

  private ImportedNetwork() {}

  static NeuralNetwork finish(NeuralNetwork imported, KerasImport.Loss loss) {
    LayerGraph graph = LayerGraph.of(imported);
    NetworkRebuild rebuild = new NetworkRebuild();
    for (LayerGraph.Node node : graph.nodes()) {
      if (graph.isOutput(node) && node.layer() == null) {
        throw noOutput(node.name(), node.vertex().getClass());
      }
      if (node.layer() != null) {
        Layer layer = cleaned(node.layer());
        rebuild.replace(node.name(), graph.isOutput(node) ? withLoss(layer, loss) : layer);
      }
    }
    return rebuild.of(imported, NetworkRebuild::copyAll);
  }

  private static Layer cleaned(Layer source) {
    Layer layer = source.clone();
    if (layer.getIDropout() instanceof Dropout dropout && dropout.getP() == 1) {
      layer.setIDropout(null);
    }
    if (layer instanceof BaseLayer base) {
      base.setRegularization(new ArrayList<>());
      base.setRegularizationBias(new ArrayList<>());
    }
    return layer;
  }

  private static Layer withLoss(Layer layer, KerasImport.Loss loss) {
    if (layer instanceof DenseLayer dense) {
      Head head = Head.of(dense.getActivationFn(), loss);
      OutputLayer output = new OutputLayer.Builder(head.loss).hasBias(dense.hasBias()).build();
      LayerSettings.copy(dense, output);
      output.setActivationFn(head.activation);
      return output;
    }
    if (layer instanceof ActivationLayer activation
        && !(activation.getActivationFn() instanceof ActivationIdentity)) {
      return lossLayer(Head.of(activation.getActivationFn(), loss));
    }
    throw noOutput(layer.getLayerName(), layer.getClass());
  }

  private static LossLayer lossLayer(Head head) {
    LossLayer layer = new LossLayer.Builder(head.loss).activation(head.activation).build();
    // Without these, which it does not use, DL4J takes the saved file for one of an old version.
    layer.setIUpdater(new Sgd());
    layer.setWeightInitFn(new WeightInitXavier());
    layer.setRegularization(new ArrayList<>());
    layer.setRegularizationBias(new ArrayList<>());
    return layer;
  }

  private static IllegalArgumentException noOutput(String name, Class<?> type) {
    return new IllegalArgumentException(
        "last layer "
            + name
            + " is a "
            + type.getSimpleName()
            + ", which a loss cannot be put on; end the model in Dense, or an Activation such as"
            + " softmax");
  }
}
