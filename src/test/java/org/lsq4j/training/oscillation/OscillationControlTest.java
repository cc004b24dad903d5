package org.lsq4j.training.oscillation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.layer.LayerQuantization;
import org.lsq4j.layer.QuantizedConvolution2D;
import org.lsq4j.layer.QuantizedDense;
import org.lsq4j.layer.QuantizedOutput;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.network.MiniFashion;
import org.lsq4j.network.QuantizerView;
import org.lsq4j.network.TestNetworks;
import org.lsq4j.quantizer.ChannelLayout;
import org.lsq4j.quantizer.FakeQuantizer;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.quantizer.QuantizerSpec;
import org.lsq4j.training.BatchProgress;
import org.lsq4j.training.Calibration;
import org.lsq4j.training.EpochMetrics;
import org.lsq4j.training.LayerOscillation;
import org.lsq4j.training.LearningRate;
import org.lsq4j.training.OptimizerKind;
import org.lsq4j.training.OptimizerSettings;
import org.lsq4j.training.ResumeException;
import org.lsq4j.training.ScheduleKind;
import org.lsq4j.training.StepGradients;
import org.lsq4j.training.Trainer;
import org.lsq4j.training.TrainingExtension;
import org.lsq4j.training.TrainingObserver;
import org.lsq4j.training.TrainingSettings;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** On a network with a convolution (row-major weights) and dense layers (column-major ones). */
class OscillationControlTest {

  private static final int IMAGES = 100;
  private static final double RATE = 0.05;

  /** Does something after every step. */
  private record Probe(Runnable action) implements TrainingExtension {
    @Override
    public String name() {
      return "probe";
    }

    @Override
    public void afterStep(BatchProgress step) {
      action.run();
    }
  }

  private static MultiLayerNetwork network(QuantizerSpec weights) {
    LayerQuantization quantization =
        LayerQuantization.of(weights, QuantizerSpec.activations(4, weights.sign()));
    MultiLayerNetwork network =
        TestNetworks.chain(
            InputType.convolutional(28, 28, 1, CNN2DFormat.NHWC),
            new QuantizedConvolution2D.Builder(5, 5)
                .name("conv")
                .stride(4, 4)
                .nOut(6)
                .activation(Activation.RELU)
                .quantization(quantization)
                .build(),
            new QuantizedDense.Builder()
                .name("dense")
                .nOut(12)
                .activation(Activation.RELU)
                .quantization(quantization)
                .build(),
            new QuantizedOutput.Builder()
                .name("output")
                .nOut(MiniFashion.CLASSES)
                .quantization(quantization)
                .build());
    Calibration.run(network, MiniFashion.training(100), 2);
    return network;
  }

  private static QuantizerSpec spec(Granularity granularity, OffsetMode offset) {
    return QuantizerSpec.weights(3).withGranularity(granularity).withOffset(offset);
  }

  private static TrainingSettings settings(int epochs) {
    OptimizerSettings optimizer =
        new OptimizerSettings(
            OptimizerKind.SGD,
            new LearningRate(RATE, ScheduleKind.CONSTANT, 0, 0.1, 1),
            1,
            0,
            OptionalDouble.of(0));
    return new TrainingSettings(epochs, optimizer, 1);
  }

  private static OscillationSettings always(OscillationMethod method) {
    return new OscillationSettings(method, 0.1, 4, 0.1, 0.05, 0.05);
  }

  private static MultiLayerNetwork trained(
      MultiLayerNetwork network, int epochs, TrainingExtension... extensions) {
    return trained(network, epochs, TrainingObserver.NONE, extensions);
  }

  private static MultiLayerNetwork trained(
      MultiLayerNetwork network,
      int epochs,
      TrainingObserver observer,
      TrainingExtension... extensions) {
    Trainer.Builder trainer =
        Trainer.builder(settings(epochs), MiniFashion.training(IMAGES), MiniFashion.evaluation(50))
            .observer(observer);
    for (TrainingExtension extension : extensions) {
      trainer.extension(extension);
    }
    trainer.build().train(network);
    return network;
  }

  /** The quantizer's own equations for a layer's weights, in row-major order. */
  private static FakeQuantizer oracle(QuantizedLayer layer) {
    QuantizerTensors tensors = layer.quantizers().tensors(QuantizerRole.WEIGHT).orElseThrow();
    ChannelLayout layout =
        tensors.perTensor()
            ? ChannelLayout.PER_TENSOR
            : ChannelLayout.ofAxis(layer.getParam("W").shape(), tensors.channelAxis());
    double[] step = tensors.step().dup().data().asDouble();
    double[] offset =
        tensors.learnedOffset().map(z -> z.dup().data().asDouble()).orElse(new double[step.length]);
    return new FakeQuantizer(tensors.spec(), layout, step, offset);
  }

  private static double[] rowMajor(INDArray array) {
    return array.dup('c').data().asDouble();
  }

  /** Codes in the order of the flat parameters. */
  private static double[] flatCodes(QuantizedLayer layer) {
    int[] codes = oracle(layer).quantize(rowMajor(layer.getParam("W")));
    double[] asDouble = Arrays.stream(codes).asDoubleStream().toArray();
    return inOrderOf(layer.getParam("W"), asDouble);
  }

  /** Row-major values in the order of the flat parameters. */
  private static double[] inOrderOf(INDArray tensor, double[] rowMajor) {
    INDArray shaped = Nd4j.createFromArray(rowMajor).reshape('c', tensor.shape());
    return shaped.dup(tensor.ordering()).data().asDouble();
  }

  @ParameterizedTest
  @EnumSource(Granularity.class)
  void codesAreThoseOfTheQuantizer(Granularity granularity) {
    for (OffsetMode offset : OffsetMode.values()) {
      MultiLayerNetwork network = network(spec(granularity, offset));
      for (QuantizedLayer layer : TestNetworks.quantizedLayers(network)) {
        QuantizedWeights weights = new QuantizedWeights(layer);
        short[] codes = new short[weights.length()];
        weights.read();
        weights.codes(codes);
        double[] expected = flatCodes(layer);
        for (int i = 0; i < codes.length; i++) {
          assertEquals(expected[i], codes[i], weights.layerName() + " " + i);
        }
      }
    }
  }

  /**
   * One step of plain SGD with and without dampening from the same network: the difference must be
   * -lr 2 lambda (clip(w) - wHat), with lambda(1/2) = 0.05 in the second step of two.
   */
  @ParameterizedTest
  @EnumSource(Granularity.class)
  void dampeningIsTheGradientOfThePenalty(Granularity granularity) {
    QuantizerSpec spec = spec(granularity, OffsetMode.NONE);
    double lambda = 0.1 * (1 - Math.cos(Math.PI / 2)) / 2;
    MultiLayerNetwork start = network(spec);
    MultiLayerNetwork free = network(spec);
    List<INDArray> before = new ArrayList<>();
    Probe snapshot = new Probe(() -> before.add(free.params().dup()));
    trained(free, 1, snapshot);
    trained(start, 1, new OscillationControl(always(OscillationMethod.DAMPEN)));
    MultiLayerNetwork middle = network(spec);
    middle.setParams(before.get(0));

    boolean anyClipped = false;
    for (int l = 0; l < TestNetworks.quantizedLayers(middle).size(); l++) {
      QuantizedLayer layer = TestNetworks.quantizedLayers(middle).get(l);
      double[] w = rowMajor(layer.getParam("W"));
      double[] quantized = oracle(layer).forward(w);
      double[] inside = Arrays.stream(new double[w.length]).map(x -> 1).toArray();
      double[] mask = oracle(layer).backward(w, inside, 1).input();
      double[] plain = rowMajor(TestNetworks.quantizedLayers(free).get(l).getParam("W"));
      double[] dampened = rowMajor(TestNetworks.quantizedLayers(start).get(l).getParam("W"));
      for (int i = 0; i < w.length; i++) {
        double expected = -RATE * 2 * lambda * mask[i] * (w[i] - quantized[i]);
        anyClipped |= mask[i] == 0;
        assertEquals(expected, dampened[i] - plain[i], 2e-7, layer.conf().getLayer() + " " + i);
      }
    }
    assertTrue(anyClipped, "the case of clipped weights occurs");
  }

  @Test
  void dampeningDrawsWeightsToTheMiddleOfTheirCodes() {
    OscillationSettings strong =
        new OscillationSettings(OscillationMethod.DAMPEN, 0.01, 4, 1, 0.1, 0.01);
    QuantizerSpec spec = spec(Granularity.PER_TENSOR, OffsetMode.NONE);
    double free = distance(trained(network(spec), 20));
    double dampened = distance(trained(network(spec), 20, new OscillationControl(strong)));
    assertTrue(dampened < 0.7 * free, free + " without, " + dampened + " with dampening");
  }

  /** Mean distance of weights inside the bounds from their codes, in steps. */
  private static double distance(MultiLayerNetwork network) {
    double sum = 0;
    long count = 0;
    for (QuantizedLayer layer : TestNetworks.quantizedLayers(network)) {
      double step = layer.getParam("sW").getDouble(0);
      double[] w = rowMajor(layer.getParam("W"));
      double[] quantized = oracle(layer).forward(w);
      for (int i = 0; i < w.length; i++) {
        double distance = Math.abs(w[i] - quantized[i]) / step;
        if (distance < 0.5) {
          sum += distance;
          count++;
        }
      }
    }
    return sum / count;
  }

  @ParameterizedTest
  @EnumSource(OffsetMode.class)
  void frozenWeightsKeepTheirCodesWhileStepsMove(OffsetMode offset) {
    MultiLayerNetwork network = network(spec(Granularity.PER_CHANNEL, offset));
    List<List<LayerOscillation>> shares = new ArrayList<>();
    OscillationControl control = new OscillationControl(always(OscillationMethod.FREEZE));
    List<double[]> steps = new ArrayList<>();
    List<double[]> codes = new ArrayList<>();
    trained(
        network,
        8,
        new TrainingObserver() {
          @Override
          public void onEpoch(EpochMetrics metrics) {
            shares.add(metrics.oscillations().orElseThrow());
            QuantizedLayer dense = TestNetworks.quantizedLayers(network).get(1);
            steps.add(dense.getParam("sW").dup().data().asDouble());
            codes.add(flatCodes(dense));
          }
        },
        control);

    double before = 0;
    for (List<LayerOscillation> layers : shares) {
      assertEquals(List.of("conv", "dense", "output"), names(layers));
      assertTrue(layers.get(1).frozen() >= before, "frozen for good");
      before = layers.get(1).frozen();
    }
    assertTrue(before > 0.005, "share of frozen weights " + before);
    assertFrozen(network, control);
    assertTrue(
        Math.abs(steps.get(7)[0] - steps.get(4)[0]) > 1e-6, "steps move with frozen weights");
  }

  private static List<String> names(List<LayerOscillation> layers) {
    return layers.stream().map(LayerOscillation::layer).toList();
  }

  /** Frozen weights are in the middle of their codes. */
  private static void assertFrozen(MultiLayerNetwork network, OscillationControl control) {
    int frozen = 0;
    for (Map.Entry<QuantizedLayer, OscillationTracker> each :
        trackers(network, control).entrySet()) {
      double[] codes = flatCodes(each.getKey());
      INDArray w = each.getKey().getParam("W");
      double[] flat = w.dup(w.ordering()).data().asDouble();
      double[] middle = inOrderOf(w, oracle(each.getKey()).forward(rowMajor(w)));
      for (int i = 0; i < codes.length; i++) {
        if (each.getValue().isFrozen(i)) {
          frozen++;
          assertEquals(each.getValue().code(i), codes[i]);
          assertEquals(middle[i], flat[i], 1e-6);
        }
      }
    }
    assertTrue(frozen > 0);
  }

  /** The trackers as the saved state has them. */
  private static Map<QuantizedLayer, OscillationTracker> trackers(
      MultiLayerNetwork network, OscillationControl control) {
    // By identity: a layer's hash code changes with its activations.
    Map<QuantizedLayer, OscillationTracker> trackers = new IdentityHashMap<>();
    try (DataInputStream state =
        new DataInputStream(new ByteArrayInputStream(control.state().orElseThrow()))) {
      for (QuantizedLayer layer : TestNetworks.quantizedLayers(network)) {
        state.readUTF();
        int weights = (int) layer.getParam("W").length();
        OscillationTracker tracker = new OscillationTracker(new short[weights]);
        assertTrue(tracker.read(state));
        trackers.put(layer, tracker);
      }
      return trackers;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Hears gradients after the control. */
  private static final class GradientProbe implements TrainingExtension {
    private final OscillationControl control;
    private final MultiLayerNetwork network;
    private int frozen;
    private boolean othersLearn;

    GradientProbe(OscillationControl control, MultiLayerNetwork network) {
      this.control = control;
      this.network = network;
    }

    @Override
    public String name() {
      return "gradient-probe";
    }

    @Override
    public void onGradients(StepGradients gradients) {
      for (Map.Entry<QuantizedLayer, OscillationTracker> each :
          trackers(network, control).entrySet()) {
        INDArray gradient = gradients.of(each.getKey(), "W");
        double[] flat = gradient.dup(gradient.ordering()).data().asDouble();
        for (int i = 0; i < flat.length; i++) {
          if (each.getValue().isFrozen(i)) {
            frozen++;
            assertEquals(0, flat[i]);
          } else {
            othersLearn |= flat[i] != 0;
          }
        }
      }
    }
  }

  @Test
  void frozenWeightsHaveNoGradientWhenTheUpdaterSeesIt() {
    MultiLayerNetwork network = network(spec(Granularity.PER_TENSOR, OffsetMode.NONE));
    OscillationControl control = new OscillationControl(always(OscillationMethod.FREEZE));
    GradientProbe probe = new GradientProbe(control, network);
    trained(network, 6, control, probe);
    assertTrue(probe.frozen > 0 && probe.othersLearn);
  }

  @Test
  void watchingAloneChangesNothing() {
    QuantizerSpec spec = spec(Granularity.PER_TENSOR, OffsetMode.NONE);
    List<EpochMetrics> epochs = new ArrayList<>();
    TrainingObserver observer =
        new TrainingObserver() {
          @Override
          public void onEpoch(EpochMetrics metrics) {
            epochs.add(metrics);
          }
        };
    OscillationSettings watch = OscillationSettings.of(OscillationMethod.NONE);
    MultiLayerNetwork watched = network(spec);
    trained(watched, 3, observer, new OscillationControl(watch));
    assertEquals(trained(network(spec), 3).params(), watched.params());

    List<LayerOscillation> layers = epochs.get(2).oscillations().orElseThrow();
    assertTrue(LayerOscillation.oscillatingShare(layers) > 0, layers::toString);
    assertTrue(layers.stream().allMatch(layer -> layer.frozen() == 0), layers::toString);
    assertEquals(watched.getLayer(1).getParam("W").length(), layers.get(1).weights());
  }

  @Test
  void withoutControlThereAreNoFigures() {
    List<Optional<List<LayerOscillation>>> heard = new ArrayList<>();
    trained(
        network(spec(Granularity.PER_TENSOR, OffsetMode.NONE)),
        1,
        new TrainingObserver() {
          @Override
          public void onEpoch(EpochMetrics metrics) {
            heard.add(metrics.oscillations());
          }
        });
    assertEquals(List.of(Optional.empty()), heard);
  }

  @Test
  void widerWeightsAreLeftAlone() {
    QuantizerSpec wide = QuantizerSpec.weights(8);
    OscillationSettings strong =
        new OscillationSettings(OscillationMethod.DAMPEN, 0.01, 7, 10, 0.1, 0.01);
    assertEquals(
        trained(network(wide), 2).params(),
        trained(network(wide), 2, new OscillationControl(strong)).params());
  }

  @Test
  void theNetworkIsFreeAfterwards() {
    QuantizerSpec spec = spec(Granularity.PER_TENSOR, OffsetMode.NONE);
    MultiLayerNetwork network = network(spec);
    trained(network, 1, new OscillationControl(always(OscillationMethod.DAMPEN)));
    assertEquals(0, network.getListeners().size());
    assertTrue(QuantizerView.of(network).stream().allMatch(QuantizerView::initialized));
  }

  @Test
  void statesOfOtherNetworksAreRefused() {
    OscillationControl control = new OscillationControl(always(OscillationMethod.FREEZE));
    MultiLayerNetwork network = network(spec(Granularity.PER_TENSOR, OffsetMode.NONE));
    trained(network, 1, control);
    byte[] state = control.state().orElseThrow();
    control.restore(state);
    assertArrayEquals(state, control.state().orElseThrow());

    byte[] shorter = Arrays.copyOf(state, state.length - 1);
    byte[] longer = Arrays.copyOf(state, state.length + 1);
    assertThrows(ResumeException.class, () -> control.restore(shorter));
    assertThrows(ResumeException.class, () -> control.restore(longer));
    assertThrows(ResumeException.class, () -> control.restore(new byte[] {0, 1, 'x'}));
  }
}
