package org.lsq4j.training;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.layer.impl.InputObserver;
import org.lsq4j.layer.impl.QuantizationMode;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.lsq4j.network.Networks;
import org.lsq4j.quantizer.CalibrationSample;
import org.lsq4j.quantizer.ChannelLayout;
import org.lsq4j.quantizer.Initializers;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.quantizer.StepAndOffset;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Gives every quantizer its first step size (and offset): weights from the weights, inputs from
 * what reaches them when the network computes a few batches in float. Quantizers that already have
 * a step keep it, so that calibrating a trained network again changes nothing.
 */
public final class Calibration {

  private record Observed(QuantizedLayer layer, CalibrationSample sample) {}

  private final NeuralNetwork network;
  private final List<String> warnings = new ArrayList<>();

  private Calibration(NeuralNetwork network) {
    this.network = network;
  }

  /**
   * Initialises all quantizers that are not initialised.
   *
   * @param network a quantized network
   * @param batches data to observe, in its original order; not needed if only weights are quantized
   * @param count number of batches to use at most
   * @return warnings about quantizers whose data told nothing, such as only zeros
   * @throws CalibrationException if the data is empty or holds NaN or infinite values
   */
  public static List<String> run(NeuralNetwork network, DataSetIterator batches, int count) {
    Calibration calibration = new Calibration(network);
    List<QuantizedLayer> layers = quantizedLayers(network);
    layers.forEach(calibration::initializeWeights);
    calibration.initializeInputs(layers, batches, count);
    return List.copyOf(calibration.warnings);
  }

  private static List<QuantizedLayer> quantizedLayers(NeuralNetwork network) {
    List<QuantizedLayer> layers = new ArrayList<>();
    for (Layer layer : Networks.layers(network)) {
      if (layer instanceof QuantizedLayer quantized) {
        layers.add(quantized);
      }
    }
    return layers;
  }

  private static boolean needs(QuantizedLayer layer, QuantizerRole role) {
    return layer.quantizers().tensors(role).isPresent() && !layer.quantizers().isInitialized(role);
  }

  private void initializeWeights(QuantizedLayer layer) {
    if (!needs(layer, QuantizerRole.WEIGHT)) {
      return;
    }
    QuantizerTensors tensors = layer.quantizers().tensors(QuantizerRole.WEIGHT).orElseThrow();
    INDArray weights = layer.getParam(QuantizedParamInitializer.WEIGHT);
    ChannelLayout layout =
        tensors.perTensor()
            ? ChannelLayout.PER_TENSOR
            : ChannelLayout.ofAxis(weights.shape(), tensors.channelAxis());
    List<CalibrationSample> samples =
        naming(layer, "weights", () -> CalibrationSample.ofChannels(floats(weights), layout));
    initialize(layer, QuantizerRole.WEIGHT, samples);
  }

  private void initializeInputs(List<QuantizedLayer> layers, DataSetIterator batches, int count) {
    List<Observed> inputs = new ArrayList<>();
    for (QuantizedLayer layer : layers) {
      if (needs(layer, QuantizerRole.INPUT)) {
        inputs.add(new Observed(layer, new CalibrationSample()));
      }
    }
    if (inputs.isEmpty()) {
      return;
    }
    List<QuantizationMode> modes = layers.stream().map(layer -> layer.quantizers().mode()).toList();
    try {
      layers.forEach(layer -> layer.quantizers().setMode(QuantizationMode.BYPASS));
      inputs.forEach(input -> observe(input.layer, input.sample));
      compute(batches, count);
    } finally {
      for (int i = 0; i < modes.size(); i++) {
        layers.get(i).quantizers().setMode(modes.get(i));
      }
      inputs.forEach(input -> input.layer.quantizers().setInputObserver(InputObserver.NONE));
    }
    inputs.forEach(input -> initialize(input.layer, QuantizerRole.INPUT, List.of(input.sample)));
  }

  private static void observe(QuantizedLayer layer, CalibrationSample sample) {
    layer
        .quantizers()
        .setInputObserver(
            input ->
                naming(
                    layer,
                    "input",
                    () -> {
                      sample.addAll(floats(input));
                      return sample;
                    }));
  }

  private void compute(DataSetIterator batches, int count) {
    batches.reset();
    int done = 0;
    while (done < count && batches.hasNext()) {
      Networks.output(network, batches.next().getFeatures());
      done++;
    }
    if (done == 0) {
      throw new CalibrationException(
          "Calibration needs at least one batch of data, got none", null);
    }
  }

  private void initialize(
      QuantizedLayer layer, QuantizerRole role, List<CalibrationSample> samples) {
    QuantizerTensors tensors = layer.quantizers().tensors(role).orElseThrow();
    double[] step = new double[samples.size()];
    double[] offset = new double[samples.size()];
    List<Integer> degenerate = new ArrayList<>();
    for (int i = 0; i < step.length; i++) {
      CalibrationSample sample = samples.get(i);
      StepAndOffset found =
          naming(layer, role.name(), () -> Initializers.initialize(sample, tensors.spec(), role));
      step[i] = found.step();
      offset[i] = found.offset();
      if (Initializers.isDegenerate(sample, tensors.spec())) {
        degenerate.add(i);
      }
    }
    set(layer, QuantizedParamInitializer.stepKey(role), step);
    if (tensors.offset() != null) {
      set(layer, QuantizedParamInitializer.offsetKey(role), offset);
    }
    if (!degenerate.isEmpty()) {
      int first = degenerate.get(0);
      warnings.add(
          String.format(
              Locale.ROOT,
              "Layer %s: %d of %d %s steps come from values that are all equal (%s); they fall back"
                  + " to %s",
              Networks.nameOf(layer),
              degenerate.size(),
              step.length,
              role.name().toLowerCase(Locale.ROOT),
              samples.get(first).min(),
              step[first]));
    }
  }

  private static void set(QuantizedLayer layer, String key, double[] values) {
    INDArray current = layer.getParam(key);
    layer.setParam(key, Nd4j.createFromArray(values).castTo(current.dataType()));
  }

  private static float[] floats(INDArray values) {
    return values.dup('c').data().asFloat();
  }

  private static <T> T naming(
      QuantizedLayer layer, String what, java.util.function.Supplier<T> work) {
    try {
      return work.get();
    } catch (IllegalArgumentException e) {
      String message = "Layer " + Networks.nameOf(layer) + ", " + what + ": " + e.getMessage();
      throw new CalibrationException(message, e);
    }
  }
}
