package org.lsq4j.network;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.dropout.IDropout;
import org.deeplearning4j.nn.conf.dropout.SpatialDropout;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.PoolHelperVertex;
import org.deeplearning4j.nn.conf.graph.PreprocessorVertex;
import org.deeplearning4j.nn.conf.graph.ReshapeVertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.graph.ShiftVertex;
import org.deeplearning4j.nn.conf.graph.StackVertex;
import org.deeplearning4j.nn.conf.graph.SubsetVertex;
import org.deeplearning4j.nn.conf.graph.UnstackVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.BaseUpsamplingLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LocalResponseNormalization;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.SpaceToBatchLayer;
import org.deeplearning4j.nn.conf.layers.SpaceToDepthLayer;
import org.deeplearning4j.nn.conf.layers.Subsampling1DLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.ZeroPadding1DLayer;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping1D;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping2D;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.FastAddVertex;
import org.lsq4j.layer.FastBatchNormalization;
import org.lsq4j.layer.QuantizedLayerConfiguration;
import org.lsq4j.quantizer.CodeSign;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationHardSigmoid;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationReLU6;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftPlus;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;

/**
 * Decides from the topology what can reach each layer: what follows a non-negative activation,
 * directly or through operations that keep the sign, is unsigned; what follows an activation whose
 * negative values are small is skewed. Anything unknown counts as signed.
 */
final class SignAnalysis {

  private static final Set<Class<? extends IActivation>> NON_NEGATIVE =
      Set.of(
          ActivationReLU6.class,
          ActivationSigmoid.class,
          ActivationHardSigmoid.class,
          ActivationSoftmax.class,
          ActivationSoftPlus.class);

  private static final List<Class<? extends Layer>> KEEP_SIGN =
      List.of(
          SubsamplingLayer.class,
          Subsampling1DLayer.class,
          GlobalPoolingLayer.class,
          ZeroPaddingLayer.class,
          ZeroPadding1DLayer.class,
          Cropping1D.class,
          Cropping2D.class,
          BaseUpsamplingLayer.class,
          SpaceToDepthLayer.class,
          SpaceToBatchLayer.class,
          LocalResponseNormalization.class);

  private static final List<Class<? extends GraphVertex>> VERTICES_KEEP_SIGN =
      List.of(
          MergeVertex.class,
          SubsetVertex.class,
          StackVertex.class,
          UnstackVertex.class,
          ReshapeVertex.class,
          PoolHelperVertex.class,
          PreprocessorVertex.class);

  /** Others add noise or move the mean. */
  private static final Set<Class<? extends IDropout>> KEEP_SIGN_DROPOUTS =
      Set.of(Dropout.class, SpatialDropout.class);

  private final CodeSign networkInput;
  private final Map<String, InputRange> outputs = new HashMap<>();

  SignAnalysis(LayerGraph graph, CodeSign networkInput) {
    this.networkInput = networkInput;
    graph.nodes().forEach(node -> outputs.put(node.name(), outputOf(node)));
  }

  /** What reaches a node, behind its own dropout: of several inputs the least restricted counts. */
  InputRange into(LayerGraph.Node node) {
    IDropout dropout = node.layer() == null ? null : node.layer().getIDropout();
    if (!keepsSign(dropout)) {
      return InputRange.signed(dropout.getClass().getSimpleName() + " in " + node.name());
    }
    List<InputRange> ranges = node.inputs().stream().map(outputs::get).toList();
    return first(ranges, InputValues.SIGNED)
        .or(() -> first(ranges, InputValues.SKEWED))
        .orElse(ranges.get(0));
  }

  private static Optional<InputRange> first(List<InputRange> ranges, InputValues values) {
    return ranges.stream().filter(range -> range.values() == values).findFirst();
  }

  /**
   * Whether what is not negative stays so, and what is 0 stays 0.
   *
   * @param dropout null if there is none
   */
  static boolean keepsSign(IDropout dropout) {
    return dropout == null || KEEP_SIGN_DROPOUTS.contains(dropout.getClass());
  }

  private InputRange outputOf(LayerGraph.Node node) {
    if (node.isNetworkInput()) {
      return InputRange.networkInput(
          networkInput == CodeSign.SIGNED ? InputValues.SIGNED : InputValues.UNSIGNED);
    }
    return node.layer() == null ? afterVertex(node, node.vertex()) : afterLayer(node, node.layer());
  }

  private InputRange afterLayer(LayerGraph.Node node, Layer layer) {
    if (layer instanceof DropoutLayer || keepsSign(KEEP_SIGN, layer)) {
      return into(node);
    }
    if (layer instanceof ActivationLayer activation) {
      return activation.getActivationFn() instanceof ActivationIdentity
          ? into(node)
          : afterActivation(activation.getActivationFn(), node.name());
    }
    if (layer instanceof FastBatchNormalization norm && norm.getRectifier() == Rectifier.RELU) {
      return rectified(node);
    }
    if (layer instanceof PReLULayer) {
      return InputRange.skewed("after PReLU " + node.name());
    }
    boolean endsInActivation =
        layer instanceof ConvolutionLayer
            || layer instanceof DenseLayer
            || layer instanceof BaseOutputLayer
            || layer instanceof QuantizedLayerConfiguration;
    return endsInActivation
        ? afterActivation(((BaseLayer) layer).getActivationFn(), node.name())
        : InputRange.signed("after " + layer.getClass().getSimpleName() + " " + node.name());
  }

  private static InputRange afterActivation(IActivation function, String layer) {
    String reason = "after " + function + " in " + layer;
    if (isNonNegative(function)) {
      return InputRange.unsigned(reason);
    }
    return ActivationSkew.isSkewed(function)
        ? InputRange.skewed(reason)
        : InputRange.signed(reason);
  }

  private static InputRange rectified(LayerGraph.Node node) {
    return InputRange.unsigned("after relu in " + node.name());
  }

  static boolean isNonNegative(IActivation function) {
    if (function instanceof ActivationReLU relu) {
      boolean leaky = relu.getNegativeSlope() != null && relu.getNegativeSlope() != 0;
      boolean lowThreshold = relu.getThreshold() != null && relu.getThreshold() < 0;
      return !leaky && !lowThreshold;
    }
    return NON_NEGATIVE.contains(function.getClass());
  }

  private InputRange afterVertex(LayerGraph.Node node, GraphVertex vertex) {
    if (vertex instanceof FastAddVertex add && add.getRectifier() == Rectifier.RELU) {
      return rectified(node);
    }
    if (vertex instanceof ElementWiseVertex elementWise) {
      return elementWise.getOp() == ElementWiseVertex.Op.Subtract
          ? InputRange.signed("difference in " + node.name())
          : into(node);
    }
    boolean keeps =
        keepsSign(VERTICES_KEEP_SIGN, vertex)
            || vertex instanceof ScaleVertex scale && scale.getScaleFactor() >= 0
            || vertex instanceof ShiftVertex shift && shift.getShiftFactor() >= 0;
    return keeps
        ? into(node)
        : InputRange.signed("after " + vertex.getClass().getSimpleName() + " " + node.name());
  }

  private static boolean keepsSign(List<? extends Class<?>> kinds, Object what) {
    return kinds.stream().anyMatch(kind -> kind.isInstance(what));
  }
}
