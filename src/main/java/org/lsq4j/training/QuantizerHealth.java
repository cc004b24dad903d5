package org.lsq4j.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.lsq4j.network.Networks;
import org.lsq4j.network.QuantizerInputs;
import org.lsq4j.quantizer.ChannelLayout;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.training.QuantizerFault.Kind;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Looks after each epoch for quantizers that do not work: steps at their floor or far too small for
 * the weights, and dead ones, whose codes are all equal. Inputs are looked at on a few images.
 */
public final class QuantizerHealth implements TrainingExtension {

  private static final int IMAGES = 32;

  /** Networks of 2 bits that train well clip up to 0.7 of the weights that share a step. */
  private static final double MOST_CLIPPED = 0.9;

  private final ImageBatches images;
  private TrainingRun run;

  /**
   * Looks at the inputs of a few images.
   *
   * @param images always the same ones, such as test images; an iterator of its own
   */
  public QuantizerHealth(ImageBatches images) {
    this.images = images;
  }

  @Override
  public String name() {
    return "quantizer-health";
  }

  @Override
  public void start(TrainingRun newRun) {
    run = newRun;
  }

  @Override
  public EpochMetrics afterEpoch(EpochMetrics metrics) {
    images.startEpoch(0);
    return metrics.withFaults(of(run.network(), images.next(IMAGES).getFeatures()));
  }

  /**
   * Quantizers that do not work.
   *
   * @param images features of a batch
   */
  static List<QuantizerFault> of(NeuralNetwork network, INDArray images) {
    Map<Layer, Boolean> deadInputs = deadInputs(network, images);
    List<QuantizerFault> faults = new ArrayList<>();
    for (Layer layer : Networks.layers(network)) {
      if (layer instanceof QuantizedLayer quantized) {
        for (QuantizerRole role : QuantizerRole.values()) {
          if (quantized.quantizers().isInitialized(role)) {
            faults.addAll(of(quantized, role, deadInputs.getOrDefault(layer, false)));
          }
        }
      }
    }
    return faults;
  }

  private static List<QuantizerFault> of(
      QuantizedLayer layer, QuantizerRole role, boolean hasDeadInput) {
    QuantizerTensors tensors = layer.quantizers().tensors(role).orElseThrow();
    int channels = Math.toIntExact(tensors.step().length());
    int dead = hasDeadInput ? 1 : 0;
    int clipped = 0;
    if (role == QuantizerRole.WEIGHT) {
      INDArray weights = layer.getParam(QuantizedParamInitializer.WEIGHT);
      dead = deadChannels(weights, tensors);
      clipped = clippedChannels(weights, tensors);
    }
    String name = Networks.nameOf(layer);
    return Stream.of(
            new QuantizerFault(
                name, role, Kind.STEP_AT_FLOOR, layer.quantizers().stepsAtFloor(role), channels),
            new QuantizerFault(name, role, Kind.DEAD, dead, channels),
            new QuantizerFault(name, role, Kind.CLIPPED, clipped, channels))
        .filter(fault -> fault.channels() > 0)
        .toList();
  }

  private static int clippedChannels(INDArray weights, QuantizerTensors tensors) {
    double[] values = weights.dup('c').data().asDouble();
    double[] shares = tensors.onArrays(weights.shape()).clipShares(values);
    return (int) Arrays.stream(shares).filter(share -> share > MOST_CLIPPED).count();
  }

  private static Map<Layer, Boolean> deadInputs(NeuralNetwork network, INDArray images) {
    Map<Layer, Boolean> dead = new IdentityHashMap<>();
    QuantizerInputs.observe(
        network,
        images,
        (layer, input) -> {
          QuantizerTensors tensors = layer.quantizers().tensors(QuantizerRole.INPUT).orElseThrow();
          dead.put(layer, deadChannels(bounds(input), tensors) > 0);
        });
    return dead;
  }

  /** Codes rise with the values, so the smallest and the largest value tell of all. */
  private static INDArray bounds(INDArray x) {
    return Nd4j.createFromArray(x.minNumber().doubleValue(), x.maxNumber().doubleValue());
  }

  private static int deadChannels(INDArray values, QuantizerTensors tensors) {
    ChannelLayout layout = tensors.layout(values.shape());
    int[] codes = tensors.onArrays(values.shape()).quantize(values.dup('c').data().asDouble());
    int[] smallest = new int[layout.channels()];
    int[] largest = new int[layout.channels()];
    Arrays.fill(smallest, Integer.MAX_VALUE);
    Arrays.fill(largest, Integer.MIN_VALUE);
    for (int i = 0; i < codes.length; i++) {
      int channel = layout.channel(i);
      smallest[channel] = Math.min(smallest[channel], codes[i]);
      largest[channel] = Math.max(largest[channel], codes[i]);
    }
    return (int) IntStream.range(0, smallest.length).filter(c -> smallest[c] == largest[c]).count();
  }
}
