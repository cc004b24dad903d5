package org.lsq4j.network;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.layers.LayerConstraint;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.params.SeparableConvolutionParamInitializer;
import org.lsq4j.layer.QuantizedConvolution2D;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A separable convolution as two convolutions without quantizers, and their parameters. */
final class SeparableHalves {

  private static final String DEPTHWISE =
      SeparableConvolutionParamInitializer.DEPTH_WISE_WEIGHT_KEY;
  private static final String POINTWISE =
      SeparableConvolutionParamInitializer.POINT_WISE_WEIGHT_KEY;
  private static final String BIAS = SeparableConvolutionParamInitializer.BIAS_KEY;

  private SeparableHalves() {}

  /** The half that filters each channel by itself, without bias and activation. */
  static QuantizedConvolution2D depthwise(SeparableConvolution2D whole, String name) {
    QuantizedConvolution2D half = LayerConverter.convolution(whole, new QuantizedConvolution2D());
    half.setLayerName(name);
    half.setGroups(Math.toIntExact(whole.getNIn()));
    half.setNOut(whole.getNIn() * whole.getDepthMultiplier());
    half.setHasBias(false);
    half.setActivationFn(new ActivationIdentity());
    half.setConstraints(constraints(whole, Map.of(DEPTHWISE, QuantizedParamInitializer.WEIGHT)));
    return half;
  }

  /** The 1x1 convolution of the channels that follows. */
  static QuantizedConvolution2D pointwise(SeparableConvolution2D whole) {
    QuantizedConvolution2D half = LayerConverter.convolution(whole, new QuantizedConvolution2D());
    half.setNIn(whole.getNIn() * whole.getDepthMultiplier());
    half.setKernelSize(new int[] {1, 1});
    half.setStride(new int[] {1, 1});
    half.setPadding(new int[] {0, 0});
    half.setDilation(new int[] {1, 1});
    half.setIDropout(null);
    half.setConstraints(
        constraints(
            whole,
            Map.of(
                POINTWISE,
                QuantizedParamInitializer.WEIGHT,
                BIAS,
                QuantizedParamInitializer.BIAS)));
    return half;
  }

  /** The constraints of some of the layer's parameters, as those are called in a half. */
  private static List<LayerConstraint> constraints(
      SeparableConvolution2D whole, Map<String, String> namesInHalf) {
    List<LayerConstraint> kept = new ArrayList<>();
    List<LayerConstraint> all = whole.getConstraints() == null ? List.of() : whole.getConstraints();
    for (LayerConstraint constraint : all) {
      Set<String> params = new HashSet<>();
      namesInHalf.forEach(
          (name, inHalf) -> {
            if (constraint.getParams().contains(name)) {
              params.add(inHalf);
            }
          });
      if (!params.isEmpty()) {
        LayerConstraint copy = constraint.clone();
        copy.setParams(params);
        kept.add(copy);
      }
    }
    return kept;
  }

  /** From DL4J's [M, C, kH, kW] to our [C M, 1, kH, kW]. */
  static void copyDepthwise(Layer whole, Layer half) {
    INDArray weights = whole.getParam(DEPTHWISE);
    long[] shape = {weights.size(0) * weights.size(1), 1, weights.size(2), weights.size(3)};
    half.setParam(
        QuantizedParamInitializer.WEIGHT, weights.permute(1, 0, 2, 3).dup('c').reshape('c', shape));
  }

  /** The pointwise weights and the bias. */
  static void copyPointwise(Layer whole, Layer half) {
    half.setParam(QuantizedParamInitializer.WEIGHT, whole.getParam(POINTWISE));
    if (half.paramTable().containsKey(QuantizedParamInitializer.BIAS)) {
      half.setParam(QuantizedParamInitializer.BIAS, whole.getParam(BIAS));
    }
  }
}
