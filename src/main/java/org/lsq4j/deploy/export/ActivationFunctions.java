package org.lsq4j.deploy.export;

import java.util.Map;
import java.util.Optional;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.deploy.graph.Activation;
import org.lsq4j.deploy.graph.Operation;
import org.lsq4j.deploy.graph.Operation.Activate;
import org.lsq4j.deploy.graph.Operation.Softmax;
import org.lsq4j.layer.FastActivation;
import org.lsq4j.layer.StableActivation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationELU;
import org.nd4j.linalg.activations.impl.ActivationGELU;
import org.nd4j.linalg.activations.impl.ActivationHardSigmoid;
import org.nd4j.linalg.activations.impl.ActivationLReLU;
import org.nd4j.linalg.activations.impl.ActivationMish;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationReLU6;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftPlus;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.activations.impl.ActivationSwish;
import org.nd4j.linalg.activations.impl.ActivationTanH;

/** DL4J's activation functions as operations of a graph. */
final class ActivationFunctions {

  private static final Map<Class<? extends IActivation>, Activation> PLAIN =
      Map.of(
          ActivationReLU6.class, Activation.RELU6,
          ActivationSigmoid.class, Activation.SIGMOID,
          ActivationHardSigmoid.class, Activation.HARD_SIGMOID,
          ActivationTanH.class, Activation.TANH,
          ActivationSoftPlus.class, Activation.SOFTPLUS,
          ActivationSwish.class, Activation.SWISH,
          ActivationMish.class, Activation.MISH);

  private ActivationFunctions() {}

  /**
   * The operation; empty for the identity.
   *
   * @param layer its name, for the message
   * @throws UnsupportedNetworkException if there is none
   */
  static Optional<Operation> of(String layer, IActivation function) {
    Optional<Rectifier> rectifier = FastActivation.rectifierOf(function);
    if (rectifier.isPresent()) {
      return of(rectifier.get());
    }
    return Optional.of(operation(layer, StableActivation.plain(function)));
  }

  /** The operation of a rectifier; empty for none. */
  static Optional<Operation> of(Rectifier rectifier) {
    return rectifier == Rectifier.RELU
        ? Optional.of(Activate.of(Activation.RELU))
        : Optional.empty();
  }

  private static Operation operation(String layer, IActivation function) {
    if (PLAIN.containsKey(function.getClass())) {
      return Activate.of(PLAIN.get(function.getClass()));
    }
    if (function instanceof ActivationSoftmax) {
      return new Softmax();
    }
    if (function instanceof ActivationLReLU leaky) {
      return new Activate(Activation.LEAKY_RELU, (float) leaky.getAlpha());
    }
    if (function instanceof ActivationELU elu) {
      return new Activate(Activation.ELU, (float) elu.getAlpha());
    }
    if (function instanceof ActivationGELU gelu && !gelu.isPrecise()) {
      return Activate.of(Activation.GELU);
    }
    if (function instanceof ActivationReLU relu && isPlainSlope(relu)) {
      return new Activate(Activation.LEAKY_RELU, relu.getNegativeSlope().floatValue());
    }
    throw UnsupportedNetworkException.of(
        layer,
        "its activation function is "
            + function
            + "; there are identity, relu, relu6, leaky relu, elu, sigmoid, hard sigmoid, tanh,"
            + " softplus, swish, gelu (not precise), mish and softmax");
  }

  private static boolean isPlainSlope(ActivationReLU relu) {
    boolean hasThreshold = relu.getThreshold() != null && relu.getThreshold() != 0;
    return relu.getMax() == null && !hasThreshold && relu.getNegativeSlope() != null;
  }
}
