package org.lsq4j.network;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Convolution1D;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.Convolution2D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.lsq4j.layer.LayerQuantization;
import org.lsq4j.layer.LayerSettings;
import org.lsq4j.layer.QuantizedConvolution1D;
import org.lsq4j.layer.QuantizedConvolution2D;
import org.lsq4j.layer.QuantizedDeconvolution2D;
import org.lsq4j.layer.QuantizedDense;
import org.lsq4j.layer.QuantizedLayerConfiguration;
import org.lsq4j.layer.QuantizedOutput;
import org.lsq4j.layer.StableActivation;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Turns DL4J's layer configurations into quantized ones, and their parameters with them. Only exact
 * classes are converted: a subclass may compute something else.
 */
final class LayerConverter {

  private static final Set<Class<?>> CONVERTIBLE =
      Set.of(
          ConvolutionLayer.class,
          Convolution2D.class,
          Convolution1D.class,
          Convolution1DLayer.class,
          DepthwiseConvolution2D.class,
          Deconvolution2D.class,
          DenseLayer.class,
          OutputLayer.class);

  private LayerConverter() {}

  /** Whether a layer can have quantizers. */
  static boolean canQuantize(Layer layer) {
    return obstacle(layer).isEmpty();
  }

  /** Why a layer cannot have quantizers; empty if it can. */
  static Optional<String> obstacle(Layer layer) {
    if (layer instanceof FrozenLayer || layer instanceof FrozenLayerWithBackprop) {
      return Optional.of("it is frozen");
    }
    if (layer instanceof BatchNormalization) {
      return Optional.of("batch norm stays float");
    }
    if (layer instanceof DenseLayer dense && dense.hasLayerNorm()) {
      return Optional.of("its layer normalization comes before the activation");
    }
    if (layer instanceof QuantizedLayerConfiguration || CONVERTIBLE.contains(layer.getClass())) {
      return Optional.empty();
    }
    return Optional.of(
        hasWeights(layer) ? "there is no quantized " + kind(layer) : "it has no weights");
  }

  private static String kind(Layer layer) {
    String name = layer.getClass().getSimpleName();
    return layer instanceof BaseWrapperLayer wrapper
        ? name + " of " + kind(wrapper.getUnderlying())
        : name;
  }

  /** Whether a node is a layer with parameters. */
  static boolean hasWeights(LayerGraph.Node node) {
    return node.layer() != null && hasWeights(node.layer());
  }

  private static boolean hasWeights(Layer layer) {
    return layer.initializer().numParams(layer) > 0;
  }

  /**
   * Exchanges an activation function whose gradient can be NaN by the same one that stays finite.
   *
   * @return whether there was one
   */
  static boolean stabilize(Layer layer) {
    if (layer instanceof BaseLayer base) {
      return exchange(base.getActivationFn(), base::setActivationFn);
    }
    return layer instanceof ActivationLayer activation
        && exchange(activation.getActivationFn(), activation::setActivationFn);
  }

  private static boolean exchange(IActivation function, Consumer<IActivation> setter) {
    IActivation stable = StableActivation.of(function);
    setter.accept(stable);
    return stable != function;
  }

  /** The layer with quantizers. */
  static Layer quantize(Layer layer, LayerQuantization quantization) {
    Layer converted = convert(layer);
    ((QuantizedLayerConfiguration) converted).setQuantization(quantization);
    return converted;
  }

  private static Layer convert(Layer layer) {
    if (layer instanceof QuantizedLayerConfiguration) {
      return layer.clone();
    }
    if (layer instanceof Convolution1DLayer sequence) {
      return convolution1D(sequence);
    }
    if (layer instanceof Deconvolution2D transposed) {
      return convolution(transposed, new QuantizedDeconvolution2D());
    }
    if (layer instanceof DepthwiseConvolution2D depthwise) {
      QuantizedConvolution2D converted = convolution(depthwise, new QuantizedConvolution2D());
      converted.setGroups(Math.toIntExact(depthwise.getNIn()));
      return converted;
    }
    if (layer instanceof ConvolutionLayer convolution) {
      return convolution(convolution, new QuantizedConvolution2D());
    }
    if (layer instanceof DenseLayer dense) {
      QuantizedDense converted = new QuantizedDense();
      LayerSettings.copy(dense, converted);
      converted.setHasBias(dense.hasBias());
      return converted;
    }
    OutputLayer output = (OutputLayer) layer;
    QuantizedOutput converted = new QuantizedOutput();
    LayerSettings.copy(output, converted);
    converted.setHasBias(output.hasBias());
    converted.setLossFn(output.getLossFn());
    return converted;
  }

  /** A convolution with the settings of another. */
  static <C extends QuantizedConvolution2D> C convolution(ConvolutionLayer source, C target) {
    LayerSettings.copy(source, target);
    target.setHasBias(source.hasBias());
    target.setConvolutionMode(source.getConvolutionMode());
    target.setKernelSize(source.getKernelSize().clone());
    target.setStride(source.getStride().clone());
    target.setPadding(source.getPadding().clone());
    target.setDilation(source.getDilation().clone());
    target.setCnn2dDataFormat(source.getCnn2dDataFormat());
    return target;
  }

  /** DL4J's 1-D convolution fills the second numbers, which it does not use, with anything. */
  private static QuantizedConvolution1D convolution1D(Convolution1DLayer source) {
    QuantizedConvolution1D target = convolution(source, new QuantizedConvolution1D());
    target.setKernelSize(new int[] {source.getKernelSize()[0], 1});
    target.setStride(new int[] {source.getStride()[0], 1});
    target.setPadding(new int[] {source.getPadding()[0], 0});
    target.setDilation(new int[] {source.getDilation()[0], 1});
    target.setCnn2dDataFormat(
        source.getRnnDataFormat() == RNNFormat.NWC ? CNN2DFormat.NHWC : CNN2DFormat.NCHW);
    return target;
  }

  /**
   * Copies a layer's parameters to the layer it became. A quantizer keeps its step and offset only
   * if it stays of the same kind: those of others are for other codes.
   */
  static void copyParameters(
      org.deeplearning4j.nn.api.Layer source, org.deeplearning4j.nn.api.Layer target) {
    Map<String, INDArray> wanted = target.paramTable();
    boolean isOurs = target.conf().getLayer() instanceof QuantizedLayerConfiguration;
    source
        .paramTable()
        .forEach(
            (key, value) -> {
              if (wanted.containsKey(key) && keepsMeaning(source, target, key)) {
                target.setParam(key, isOurs ? inOurLayout(source, key, value) : value);
              }
            });
  }

  private static boolean keepsMeaning(
      org.deeplearning4j.nn.api.Layer source, org.deeplearning4j.nn.api.Layer target, String key) {
    return Arrays.stream(QuantizerRole.values())
        .filter(role -> QuantizedParamInitializer.isQuantizerParam(role, key))
        .allMatch(role -> isSameKind(spec(source, role), spec(target, role)));
  }

  /** How a step is trained does not matter. */
  private static boolean isSameKind(QuantizerSpec source, QuantizerSpec target) {
    return source.withGradientScale(target.gradientScale()).equals(target);
  }

  private static QuantizerSpec spec(org.deeplearning4j.nn.api.Layer layer, QuantizerRole role) {
    return ((QuantizedLayerConfiguration) layer.conf().getLayer()).getQuantization().spec(role);
  }

  /**
   * Weights in the order of our layers. DL4J's depthwise weights are [kH, kW, C, M], ours [C M, 1,
   * kH, kW]. Its 1-D weights say [nOut, nIn, k, 1], but its layer reads them as [k, nIn, nOut].
   */
  private static INDArray inOurLayout(
      org.deeplearning4j.nn.api.Layer source, String key, INDArray value) {
    if (!key.equals(QuantizedParamInitializer.WEIGHT)) {
      return value;
    }
    if (source.conf().getLayer() instanceof DepthwiseConvolution2D) {
      long[] shape = {value.size(2) * value.size(3), 1, value.size(0), value.size(1)};
      return value.permute(2, 3, 0, 1).dup('c').reshape('c', shape);
    }
    if (source.conf().getLayer() instanceof Convolution1DLayer) {
      return value
          .dup('c')
          .reshape('c', value.size(2), value.size(1), value.size(0))
          .permute(2, 1, 0)
          .dup('c')
          .reshape('c', value.shape());
    }
    return value;
  }
}
