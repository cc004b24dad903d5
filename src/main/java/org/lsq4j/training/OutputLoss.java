package org.lsq4j.training;

import java.util.List;
import java.util.Locale;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.lsq4j.network.Networks;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/**
 * The loss of a classifier's output layer: cross-entropy, which another loss can stand in for while
 * a network learns. DL4J asks the layer's configuration for it at every step.
 */
public final class OutputLoss {

  private final FeedForwardLayer output;
  private final ILossFunction original;

  private OutputLoss(FeedForwardLayer output) {
    this.output = output;
    original = loss(output);
  }

  /**
   * Finds the loss of a network.
   *
   * @throws IllegalArgumentException if the network is no classifier that learns by cross-entropy
   */
  public static OutputLoss of(NeuralNetwork network) {
    Layer last = outputLayer(network);
    if (!(last.conf().getLayer() instanceof FeedForwardLayer output) || loss(output) == null) {
      throw unsuitable(last, "has no loss that can be replaced");
    }
    boolean isCrossEntropy =
        loss(output) instanceof LossMCXENT crossEntropy && crossEntropy.getWeights() == null;
    if (!isCrossEntropy) {
      throw unsuitable(last, "has the loss " + loss(output));
    }
    IActivation activation = output.getActivationFn();
    // A loss layer behind a softmax has the identity.
    if (!(activation instanceof ActivationSoftmax || activation instanceof ActivationIdentity)) {
      throw unsuitable(last, "has the activation " + activation);
    }
    return new OutputLoss(output);
  }

  private static Layer outputLayer(NeuralNetwork network) {
    if (network instanceof ComputationGraph graph) {
      List<String> outputs = graph.getConfiguration().getNetworkOutputs();
      Layer layer = outputs.size() == 1 ? graph.getLayer(outputs.get(0)) : null;
      if (layer == null) {
        throw new IllegalArgumentException(
            "the network has the outputs " + outputs + ", not one output layer");
      }
      return layer;
    }
    return ((MultiLayerNetwork) network).getOutputLayer();
  }

  private static IllegalArgumentException unsuitable(Layer layer, String what) {
    return new IllegalArgumentException(
        String.format(
            Locale.ROOT,
            "layer %s %s; it must be softmax with multi-class cross-entropy (LossMCXENT or"
                + " LossNegativeLogLikelihood) without class weights",
            Networks.nameOf(layer),
            what));
  }

  private static ILossFunction loss(FeedForwardLayer layer) {
    if (layer instanceof BaseOutputLayer output) {
      return output.getLossFn();
    }
    return layer instanceof LossLayer output ? output.getLossFn() : null;
  }

  /** Makes the network learn by another loss. */
  public void replace(ILossFunction loss) {
    if (output instanceof LossLayer layer) {
      layer.setLossFn(loss);
    } else {
      ((BaseOutputLayer) output).setLossFn(loss);
    }
  }

  /** Gives the network its own loss back. */
  public void restore() {
    replace(original);
  }
}
