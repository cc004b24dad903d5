package org.lsq4j.layer.params;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.lsq4j.layer.QuantizedLayerConfiguration;
import org.lsq4j.layer.WeightLayout;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The parameters of quantized layers, as views of the network's flat array, in this order: weights
 * {@value #WEIGHT}, bias {@value #BIAS}, then step size and offset of the weight quantizer ({@value
 * #WEIGHT_STEP}, {@value #WEIGHT_OFFSET}) and of the input quantizer ({@value #INPUT_STEP}, {@value
 * #INPUT_OFFSET}), as far as the layer has them.
 *
 * <p>A step of 0 means that its quantizer has not been initialised. The mark is thus saved, cloned
 * and averaged with the parameters, and calibration cannot be repeated by mistake. Names have no
 * underscore, because DL4J splits parameter keys at it.
 */
public final class QuantizedParamInitializer implements ParamInitializer {

  /** Weights. */
  public static final String WEIGHT = "W";

  /** Bias. */
  public static final String BIAS = "b";

  /** Step size of the weight quantizer. */
  public static final String WEIGHT_STEP = "sW";

  /** Offset of the weight quantizer. */
  public static final String WEIGHT_OFFSET = "zW";

  /** Step size of the input quantizer. */
  public static final String INPUT_STEP = "sA";

  /** Offset of the input quantizer. */
  public static final String INPUT_OFFSET = "zA";

  /** The one instance: it has no state. */
  public static final QuantizedParamInitializer INSTANCE = new QuantizedParamInitializer();

  private QuantizedParamInitializer() {}

  private record Slot(String key, long[] shape, char order) {
    long length() {
      return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    }
  }

  /** Key of a quantizer's step size. */
  public static String stepKey(QuantizerRole role) {
    return role == QuantizerRole.WEIGHT ? WEIGHT_STEP : INPUT_STEP;
  }

  /** Key of a quantizer's offset. */
  public static String offsetKey(QuantizerRole role) {
    return role == QuantizerRole.WEIGHT ? WEIGHT_OFFSET : INPUT_OFFSET;
  }

  /** Whether a key names a step size or an offset. */
  public static boolean isQuantizerParam(String key) {
    return Arrays.stream(QuantizerRole.values()).anyMatch(role -> isQuantizerParam(role, key));
  }

  /** Whether a key names the step size or the offset of a role's quantizer. */
  public static boolean isQuantizerParam(QuantizerRole role, String key) {
    return key.equals(stepKey(role)) || key.equals(offsetKey(role));
  }

  @Override
  public long numParams(NeuralNetConfiguration conf) {
    return numParams(conf.getLayer());
  }

  @Override
  public long numParams(Layer layer) {
    return slots(layer).stream().mapToLong(Slot::length).sum();
  }

  @Override
  public List<String> paramKeys(Layer layer) {
    return slots(layer).stream().map(Slot::key).toList();
  }

  @Override
  public List<String> weightKeys(Layer layer) {
    return List.of(WEIGHT);
  }

  @Override
  public List<String> biasKeys(Layer layer) {
    return ((QuantizedLayerConfiguration) layer).hasBias() ? List.of(BIAS) : List.of();
  }

  @Override
  public boolean isWeightParam(Layer layer, String key) {
    return WEIGHT.equals(key);
  }

  @Override
  public boolean isBiasParam(Layer layer, String key) {
    return BIAS.equals(key);
  }

  @Override
  public Map<String, INDArray> init(
      NeuralNetConfiguration conf, INDArray paramsView, boolean initializeParams) {
    BaseLayer layer = (BaseLayer) conf.getLayer();
    if (initializeParams) {
      parts(layer, paramsView).forEach((slot, part) -> initialize(layer, slot.key, part));
    }
    Map<String, INDArray> params = views(layer, paramsView);
    params.keySet().forEach(conf::addVariable);
    return Collections.synchronizedMap(params);
  }

  @Override
  public Map<String, INDArray> getGradientsFromFlattened(
      NeuralNetConfiguration conf, INDArray gradientView) {
    return views(conf.getLayer(), gradientView);
  }

  private static void initialize(BaseLayer layer, String key, INDArray part) {
    if (WEIGHT.equals(key)) {
      WeightLayout layout = ((QuantizedLayerConfiguration) layer).weightLayout();
      layer
          .getWeightInitFn()
          .init(layout.fanIn(), layout.fanOut(), layout.shape(), layout.order(), part);
    } else {
      part.assign(BIAS.equals(key) ? layer.getBiasInit() : 0);
    }
  }

  private static Map<String, INDArray> views(Layer layer, INDArray flat) {
    Map<String, INDArray> views = new LinkedHashMap<>();
    parts(layer, flat)
        .forEach((slot, part) -> views.put(slot.key, part.reshape(slot.order, slot.shape)));
    return views;
  }

  private static Map<Slot, INDArray> parts(Layer layer, INDArray flat) {
    INDArray vector = flat.reshape(flat.length());
    Map<Slot, INDArray> parts = new LinkedHashMap<>();
    long from = 0;
    for (Slot slot : slots(layer)) {
      parts.put(slot, vector.get(NDArrayIndex.interval(from, from + slot.length())));
      from += slot.length();
    }
    return parts;
  }

  private static List<Slot> slots(Layer layer) {
    QuantizedLayerConfiguration conf = (QuantizedLayerConfiguration) layer;
    WeightLayout layout = conf.weightLayout();
    List<Slot> slots = new ArrayList<>();
    slots.add(new Slot(WEIGHT, layout.shape(), layout.order()));
    if (conf.hasBias()) {
      slots.add(new Slot(BIAS, new long[] {layout.channels()}, 'c'));
    }
    for (QuantizerRole role : QuantizerRole.values()) {
      QuantizerSpec spec = conf.getQuantization().spec(role);
      if (spec != null) {
        addQuantizer(slots, role, spec, layout);
      }
    }
    return slots;
  }

  private static void addQuantizer(
      List<Slot> slots, QuantizerRole role, QuantizerSpec spec, WeightLayout layout) {
    long steps = spec.granularity() == Granularity.PER_CHANNEL ? layout.channels() : 1;
    slots.add(new Slot(stepKey(role), new long[] {steps}, 'c'));
    if (spec.learnsOffset()) {
      slots.add(new Slot(offsetKey(role), new long[] {steps}, 'c'));
    }
  }
}
