package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.network.TestNetworks.normal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.quantizer.ChannelLayout;
import org.lsq4j.quantizer.FakeQuantizer;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerRole;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The snapshot of a network's quantizers, with steps set by hand. */
class QuantizerViewTest {

  private static final INDArray BATCH = normal(3, 6, 2, 5, 5);

  private MultiLayerNetwork network;

  @BeforeEach
  void convert() {
    MultiLayerNetwork source =
        TestNetworks.chain(
            InputType.convolutional(5, 5, 2),
            new ConvolutionLayer.Builder(3, 3)
                .name("conv")
                .nOut(4)
                .activation(Activation.RELU)
                .build(),
            new DenseLayer.Builder().name("dense").nOut(3).activation(Activation.RELU).build(),
            TestNetworks.linearOutput());
    QuantizationPolicy policy =
        QuantizationPolicy.builder(2, 4)
            .edgeBits(2)
            .weightGranularity(Granularity.PER_CHANNEL)
            .inputOffset(OffsetMode.REAL)
            .build();
    network = new NetworkQuantizer(policy).quantize(source).network();
  }

  @Test
  void listsQuantizersInComputationOrder() {
    List<String> names =
        QuantizerView.of(network).stream().map(view -> view.layer() + " " + view.role()).toList();
    assertEquals(
        List.of(
            "conv WEIGHT",
            "conv INPUT",
            "dense WEIGHT",
            "dense INPUT",
            "output WEIGHT",
            "output INPUT"),
        names);
  }

  @Test
  void withoutStepsNothingIsInitialisedOrMeasured() {
    for (QuantizerView view : QuantizerView.of(network)) {
      assertFalse(view.initialized());
      assertEquals(OptionalDouble.empty(), view.clipShare());
      assertEquals(0, view.projections());
      assertEquals(0, view.meanStep());
    }
  }

  @Test
  void oneStepOfZeroMeansUninitialised() {
    setSteps();
    QuantizedLayer conv = layer(0);
    conv.setParam("sW", Nd4j.createFromArray(0.1f, 0.2f, 0f, 0.3f));
    assertFalse(view("conv", QuantizerRole.WEIGHT, QuantizerView.of(network)).initialized());
  }

  @Test
  void showsStepsAndOffsets() {
    setSteps();
    List<QuantizerView> views = QuantizerView.of(network);
    QuantizerView weights = view("conv", QuantizerRole.WEIGHT, views);
    assertEquals(List.of(0.125, 0.25, 0.375, 0.5), weights.step());
    assertEquals(0.3125, weights.meanStep());
    assertEquals(List.of(), weights.offset());
    assertEquals(2, weights.spec().bits());
    QuantizerView input = view("dense", QuantizerRole.INPUT, views);
    assertEquals(List.of(0.25), input.step());
    assertEquals(List.of(-0.5), input.offset());
    assertTrue(input.initialized());
  }

  @Test
  void clipSharesOfWeightsEqualTheOracle() {
    setSteps();
    List<QuantizerView> views = QuantizerView.of(network);
    for (int i = 0; i < 3; i++) {
      QuantizerView view = views.get(2 * i);
      INDArray weights = layer(i).getParam("W");
      int channelAxis = i == 0 ? 0 : 1;
      double share =
          new FakeQuantizer(
                  view.spec(),
                  ChannelLayout.ofAxis(weights.shape(), channelAxis),
                  doubles(layer(i).getParam("sW")),
                  new double[view.step().size()])
              .clipShare(doubles(weights));
      assertTrue(share > 0 && share < 1, "the case tells nothing");
      assertEquals(share, view.clipShare().orElseThrow(), 1e-9);
    }
  }

  @Test
  void clipSharesOfInputsAreMeasuredOnTheBatch() {
    setSteps();
    assertEquals(
        OptionalDouble.empty(),
        view("dense", QuantizerRole.INPUT, QuantizerView.of(network)).clipShare());
    List<QuantizerView> views = QuantizerView.of(network, BATCH);
    List<INDArray> activations = network.feedForward(BATCH);
    for (int i = 0; i < 3; i++) {
      QuantizerView view = views.get(2 * i + 1);
      double share =
          new FakeQuantizer(
                  view.spec(),
                  ChannelLayout.PER_TENSOR,
                  new double[] {view.step().get(0)},
                  new double[] {view.offset().get(0)})
              .clipShare(doubles(activations.get(i)));
      assertTrue(share > 0 && share < 1, "the case tells nothing");
      assertEquals(share, view.clipShare().orElseThrow(), 1e-9);
    }
  }

  @Test
  void observersAreRemovedAfterMeasuring() {
    setSteps();
    List<QuantizerView> before = QuantizerView.of(network, BATCH);
    network.output(normal(4, 6, 2, 5, 5).mul(100));
    assertEquals(before, QuantizerView.of(network, BATCH), "later batches do not count");
    assertThrows(RuntimeException.class, () -> QuantizerView.of(network, normal(1, 6, 3, 5, 5)));
    List<INDArray> seen = new ArrayList<>();
    layer(2).quantizers().setInputObserver(seen::add);
    network.output(BATCH);
    assertEquals(1, seen.size());
    assertEquals(before, QuantizerView.of(network, BATCH), "works again after a failure");
  }

  @Test
  void projectionsAreCounted() {
    setSteps();
    layer(1).setParam("sA", Nd4j.createFromArray(-0.5f));
    layer(1).applyConstraints(0, 0);
    QuantizerView view = view("dense", QuantizerRole.INPUT, QuantizerView.of(network));
    assertEquals(1, view.projections());
    assertTrue(view.meanStep() > 0);
  }

  private void setSteps() {
    for (int i = 0; i < 3; i++) {
      long channels = layer(i).getParam("sW").length();
      layer(i).setParam("sW", Nd4j.arange(1, channels + 1.0).mul(0.125).castTo(BATCH.dataType()));
      layer(i).setParam("sA", Nd4j.createFromArray(0.25f));
      layer(i).setParam("zA", Nd4j.createFromArray(-0.5f));
    }
  }

  private QuantizedLayer layer(int index) {
    return (QuantizedLayer) network.getLayer(index);
  }

  private static QuantizerView view(String layer, QuantizerRole role, List<QuantizerView> views) {
    return views.stream()
        .filter(view -> view.layer().equals(layer) && view.role() == role)
        .findFirst()
        .orElseThrow();
  }

  private static double[] doubles(INDArray values) {
    return Arrays.copyOf(values.dup('c').data().asDouble(), (int) values.length());
  }
}
