package org.lsq4j.compute.profile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.LinearGradients;
import org.lsq4j.compute.LinearKernel;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.Padding2D;
import org.lsq4j.compute.Size2D;
import org.lsq4j.compute.TensorForms;
import org.lsq4j.compute.Tensors;
import org.lsq4j.compute.TransposedConvolution;
import org.lsq4j.compute.profile.ConvolutionCall.Pass;
import org.lsq4j.compute.profile.ConvolutionCall.Source;
import org.lsq4j.compute.profile.KernelProfile.ConvolutionUse;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A call that is made again is the same call. How long it takes is no matter of a test. */
class ConvolutionReplayTest {

  private static final ConvolutionGeometry GEOMETRY =
      new ConvolutionGeometry(
          CNN2DFormat.NHWC, 1, new Size2D(3, 3), Size2D.ONE, Size2D.ONE, Padding2D.NONE);
  private static final long[] INPUT = {2, 6, 7, 3};
  private static final long[] WEIGHTS = {4, 3, 3, 3};
  private static final QuantizerSpec INPUTS =
      QuantizerSpec.activations(3, CodeSign.UNSIGNED).withOffset(OffsetMode.REAL);

  private final WatchedEngine engine = new WatchedEngine();

  private static ConvolutionUse plain(Pass pass, boolean bias) {
    Source input = new Source(List.of(2L, 6L, 7L, 3L), null);
    Source weights = new Source(List.of(4L, 3L, 3L, 3L), null);
    return new ConvolutionUse(
        new ConvolutionCall(
            pass, GEOMETRY, input, weights, TensorForms.PLAIN, bias, DataType.FLOAT),
        5,
        null,
        null);
  }

  @Test
  void forwardIsRepeated() {
    long[] nanos = new ConvolutionReplay(engine, plain(Pass.FORWARD, true)).run(3);
    assertEquals(3, nanos.length);
    WatchedEngine.Convolution last = engine.forward.get(engine.forward.size() - 1);
    assertArrayEquals(INPUT, last.x().values().shape());
    assertArrayEquals(WEIGHTS, last.weights().values().shape());
    assertArrayEquals(new long[] {4}, last.bias().shape());
    assertEquals(List.of(), engine.backward);
    assertEquals(List.of(), engine.quantizations);
  }

  @Test
  void backwardFollowsForward() {
    new ConvolutionReplay(engine, plain(Pass.BACKWARD, true)).run(3);
    assertEquals(engine.forward.size(), engine.backward.size());
    LinearGradients gradients = engine.backward.get(0).gradients();
    assertArrayEquals(INPUT, gradients.input().shape());
    assertArrayEquals(WEIGHTS, gradients.weights().shape());
    assertArrayEquals(new long[] {4}, gradients.bias().shape());
  }

  @Test
  void whatNobodyAskedForIsNotComputed() {
    new ConvolutionReplay(engine, plain(Pass.BACKWARD_WEIGHTS, false)).run(1);
    LinearGradients gradients = engine.backward.get(0).gradients();
    assertNull(gradients.input());
    assertNotNull(gradients.weights());
    assertNull(gradients.bias());
    assertNull(engine.forward.get(0).bias());
  }

  /** As a transposed convolution asks its engine. */
  @Test
  void theInputsGradientAloneIsProfiledAndRepeated() {
    ProfilingEngine profiling = new ProfilingEngine(engine);
    Operand x = Operand.plain(Tensors.gaussian(1, DataType.FLOAT, 2, 4, 5, 4));
    Operand w = Operand.plain(Tensors.gaussian(2, DataType.FLOAT, WEIGHTS));
    new TransposedConvolution(profiling, GEOMETRY)
        .forward(x, w, null, Tensors.gaussian(3, DataType.FLOAT, INPUT));
    ConvolutionUse use = profiling.profile().convolutions().get(0);
    assertEquals(Pass.BACKWARD_INPUT, use.call().pass());
    assertEquals(2 * 4 * 5 * 4 * 3 * 3 * 3, use.call().multiplyAccumulates());
    new ConvolutionReplay(engine, use).run(1);
    LinearGradients gradients = engine.backward.get(1).gradients();
    assertArrayEquals(INPUT, gradients.input().shape());
    assertNull(gradients.weights());
  }

  @Test
  void quantizedOperandsAreQuantizedAgain() {
    QuantizerSpec weights = QuantizerSpec.weights(2);
    ConvolutionUse use =
        new ConvolutionUse(
            new ConvolutionCall(
                Pass.BACKWARD,
                GEOMETRY,
                new Source(List.of(2L, 6L, 7L, 3L), INPUTS),
                new Source(List.of(4L, 3L, 3L, 3L), weights),
                TensorForms.PLAIN,
                false,
                DataType.FLOAT),
            5,
            new QuantizerSnapshot(INPUTS, List.of(0.5), List.of(-1.0), -1),
            new QuantizerSnapshot(weights, List.of(0.25), List.of(), -1));
    new ConvolutionReplay(engine, use).run(1);

    WatchedEngine.Quantization input = engine.quantizations.get(0);
    assertEquals(INPUTS, input.parameters().spec());
    assertEquals(Set.of(-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5), values(input.result()));
    WatchedEngine.Quantization kernel = engine.quantizations.get(1);
    assertEquals(weights, kernel.parameters().spec());
    assertEquals(Set.of(-0.5, -0.25, 0.0, 0.25), values(kernel.result()));
    // Forward and backward read the same operand, the next repetition another one.
    assertSame(input.result(), engine.forward.get(0).x());
    assertSame(input.result(), engine.backward.get(0).x());
    assertSame(kernel.result(), engine.backward.get(0).weights());
    assertNotSame(input.result(), engine.forward.get(1).x());
  }

  /** Copies to and from another layout would be no part of the call. */
  @Test
  void tensorsHaveTheSameFormsAgain() {
    ConvolutionGeometry geometry =
        new ConvolutionGeometry(
            CNN2DFormat.NHWC,
            1,
            new Size2D(3, 3),
            Size2D.ONE,
            Size2D.ONE,
            Padding2D.symmetric(1, 1));
    ProfilingEngine profiling = new ProfilingEngine(ComputeEngines.current());
    LinearKernel convolution = profiling.convolution(geometry);
    INDArray image = Tensors.gaussian(1, DataType.FLOAT, 2, 4, 6, 32);
    Operand w = Operand.plain(Tensors.gaussian(2, DataType.FLOAT, 32, 32, 3, 3));
    TensorForms forms = convolution.forwardForms(Operand.plain(image), w);
    Assumptions.assumeTrue(
        forms.equals(TensorForms.CHANNEL_BLOCKS), "blocks of channels need oneDNN and AVX-512");
    Operand x = new FormedTensor(image, forms.input());
    FormedTensor y = new FormedTensor(image.ulike(), forms.output());
    convolution.forwardTo(x, w, null, y);
    convolution.backwardFrom(
        x, w, y, new LinearGradients(image.ulike(), forms.input(), w.values().ulike(), null));
    List<ConvolutionUse> uses = profiling.profile().convolutions();
    assertEquals(2, uses.size());
    for (ConvolutionUse use : uses) {
      assertEquals(forms, use.call().forms());
      ProfilingEngine again = new ProfilingEngine(ComputeEngines.current());
      new ConvolutionReplay(again, use).run(1);
      assertTrue(
          again.profile().convolutions().stream()
              .anyMatch(replayed -> replayed.call().equals(use.call())));
    }
  }

  private static Set<Double> values(Operand operand) {
    Set<Double> values = new TreeSet<>();
    for (double value : Tensors.values(operand.values())) {
      values.add(value);
    }
    return values;
  }
}
