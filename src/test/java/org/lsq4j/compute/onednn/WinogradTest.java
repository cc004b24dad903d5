package org.lsq4j.compute.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.LinearGradients;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.Padding2D;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.ReusedMemory;
import org.lsq4j.compute.Size2D;
import org.lsq4j.compute.Tensors;
import org.lsq4j.compute.dnnl.DnnlRuntime;
import org.lsq4j.compute.nd4j.Nd4jEngine;
import org.lsq4j.compute.winograd.ConvolvedImages;
import org.lsq4j.compute.winograd.WinogradConvolution;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Winograd's algorithm gives what direct sums give, up to a little more rounding. */
class WinogradTest {

  private record Case(
      CNN2DFormat format, int examples, int in, int out, Size2D image, Padding2D padding) {}

  @BeforeEach
  void needInstructions() {
    Assumptions.assumeTrue(
        ComputeEngines.current().name().equals(OneDnnEngine.NAME)
            && DnnlRuntime.get().instructionSet().contains("avx512"),
        "Winograd's algorithm needs oneDNN and AVX-512");
  }

  static Stream<Case> cases() {
    Padding2D one = Padding2D.symmetric(1, 1);
    return Stream.of(CNN2DFormat.values())
        .flatMap(
            format ->
                Stream.of(
                    new Case(format, 3, 32, 32, new Size2D(16, 16), one),
                    new Case(format, 2, 64, 32, new Size2D(8, 8), one),
                    new Case(format, 1, 32, 48, new Size2D(7, 5), one),
                    new Case(format, 1, 32, 64, new Size2D(1, 1), one),
                    new Case(format, 5, 48, 32, new Size2D(6, 9), Padding2D.NONE),
                    new Case(format, 2, 32, 32, new Size2D(9, 6), Padding2D.symmetric(1, 0)),
                    new Case(format, 2, 32, 32, new Size2D(9, 6), new Padding2D(1, 0, 0, 1)),
                    new Case(format, 1, 32, 32, new Size2D(33, 34), one),
                    new Case(format, 3, 16, 16, new Size2D(16, 16), one),
                    new Case(format, 2, 16, 16, new Size2D(9, 6), Padding2D.symmetric(2, 0)),
                    new Case(format, 1, 16, 16, new Size2D(7, 18), Padding2D.NONE),
                    new Case(format, 1, 16, 16, new Size2D(1, 1), one),
                    new Case(format, 2, 16, 16, new Size2D(9, 6), new Padding2D(1, 0, 0, 1))));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithDirectSums(Case test) {
    List<INDArray> direct = results(test, WinogradPolicy.NEVER, Operand.plain(image(test)));
    List<INDArray> fast = results(test, WinogradPolicy.ALWAYS, Operand.plain(image(test)));
    for (int i = 0; i < direct.size(); i++) {
      double scale = direct.get(i).amaxNumber().doubleValue();
      double difference = direct.get(i).sub(fast.get(i)).amaxNumber().doubleValue();
      assertEquals(0, difference / scale, 1e-5, test + ", result " + i);
      assertNotEquals(0, scale, "the case computes something");
    }
  }

  /** Codes are decoded into the algorithm's own layout. */
  @ParameterizedTest
  @MethodSource("cases")
  void takesTheInputsCodesForItsValues(Case test) {
    for (CodeSign sign : CodeSign.values()) {
      QuantizerSpec spec = QuantizerSpec.activations(4, sign);
      INDArray step = Nd4j.createFromArray(0.3f);
      Operand codes =
          new FusedFakeQuantize(new Nd4jEngine().fakeQuantize())
              .forward(image(test), new QuantizerTensors(spec, step, null, 0), new ReusedMemory());
      assertInstanceOf(QuantizedOperand.class, codes);
      List<INDArray> ofCodes = results(test, WinogradPolicy.ALWAYS, codes);
      INDArray values = codes.values().dup();
      List<INDArray> ofValues = results(test, WinogradPolicy.ALWAYS, Operand.plain(values));
      assertNotEquals(0, ofValues.get(2).amaxNumber().doubleValue(), "it computes something");
      assertEquals(ofValues.get(2), ofCodes.get(2), test + ", dL/dW");
      assertEquals(ofValues.get(3), ofCodes.get(3), test + ", dL/db");
    }
  }

  @Test
  void fewChannelsAndStridesAreComputedDirectly() {
    Case good = new Case(CNN2DFormat.NHWC, 1, 32, 32, new Size2D(8, 8), Padding2D.NONE);
    assertEquals(true, WinogradPolicy.AUTO.allows(shape(geometry(good, Size2D.ONE), 32)));
    assertFalse(WinogradPolicy.NEVER.allows(shape(geometry(good, Size2D.ONE), 32)));
    assertFalse(WinogradPolicy.AUTO.allows(shape(geometry(good, new Size2D(2, 2)), 32)));
    assertFalse(WinogradPolicy.AUTO.allows(shape(geometry(good, Size2D.ONE), 16)));
    assertFalse(WinogradPolicy.AUTO.allows(shape(geometry(good, Size2D.ONE), 40)));
  }

  @Test
  void sixteenChannelsAreComputedHereWhereThatIsFaster() {
    ConvolutionShape good = narrow(128, new Size2D(32, 32), 1);
    assertTrue(NarrowConvolution.isFaster(good, ProcessorVendor.AMD, 2));
    assertFalse(NarrowConvolution.isFaster(good, ProcessorVendor.INTEL, 2));
    assertFalse(NarrowConvolution.isFaster(good, ProcessorVendor.UNKNOWN, 2));
    assertTrue(NarrowConvolution.isFaster(good, ProcessorVendor.AMD, 16));
    assertFalse(NarrowConvolution.isFaster(good, ProcessorVendor.AMD, 17), "too few tasks");
    assertTrue(isFaster(128, new Size2D(28, 28), 1));
    assertTrue(isFaster(128, new Size2D(16, 16), 1));
    assertFalse(isFaster(128, new Size2D(29, 29), 1), "tiles reach too far beyond the image");
    assertFalse(isFaster(128, new Size2D(14, 32), 1), "too few tiles");
    assertFalse(isFaster(128, new Size2D(14, 14), 2), "too few tiles of dL/dx");
    assertFalse(isFaster(128, new Size2D(18, 18), 0), "tiles of dL/dx reach too far");
    assertFalse(isFaster(7, new Size2D(32, 32), 1), "the weights take too long");
    assertTrue(isFaster(1, new Size2D(224, 224), 1));
  }

  private static boolean isFaster(long examples, Size2D image, int padding) {
    return NarrowConvolution.isFaster(narrow(examples, image, padding), ProcessorVendor.AMD, 2);
  }

  private static ConvolutionShape narrow(long examples, Size2D image, int padding) {
    Padding2D zeros = Padding2D.symmetric(padding, padding);
    Case test = new Case(CNN2DFormat.NHWC, 1, 16, 16, image, zeros);
    return new ConvolutionShape(
        geometry(test, Size2D.ONE), examples, 16, image.height(), image.width(), 16);
  }

  @Test
  void sixteenChannelsAreComputedHereWhereTheyCanBe() {
    needLongVectors();
    Case good = new Case(CNN2DFormat.NHWC, 1, 16, 16, new Size2D(8, 8), Padding2D.symmetric(2, 2));
    assertTrue(WinogradPolicy.ALWAYS.allowsNarrow(shape(good, 16)));
    assertFalse(WinogradPolicy.NEVER.allowsNarrow(shape(good, 16)));
    assertFalse(WinogradPolicy.AUTO.allowsNarrow(shape(good, 16)), "a small image");
    assertFalse(WinogradPolicy.ALWAYS.allowsNarrow(shape(good, 32)));
    assertFalse(WinogradPolicy.ALWAYS.allowsNarrow(shape(geometry(good, new Size2D(2, 2)), 16)));
    assertFalse(WinogradPolicy.ALWAYS.allowsNarrow(narrow(1, new Size2D(4, 513), 1)), "wide");
    Case far = new Case(CNN2DFormat.NHWC, 1, 16, 16, new Size2D(8, 8), new Padding2D(0, 0, 3, 0));
    assertFalse(WinogradPolicy.ALWAYS.allowsNarrow(shape(far, 16)));
    Case first = new Case(CNN2DFormat.NCHW, 1, 16, 16, new Size2D(8, 8), Padding2D.NONE);
    assertFalse(WinogradPolicy.ALWAYS.allowsNarrow(shape(first, 16)));
  }

  /** As the cases that compare both would compare one with itself otherwise. */
  @Test
  void plansTakeWhatThePolicySays() {
    needLongVectors();
    ConvolutionShape shape = narrow(2, new Size2D(8, 8), 1);
    assertInstanceOf(NarrowConvolution.class, passes(shape, WinogradPolicy.ALWAYS));
    assertInstanceOf(DnnlFloatPasses.class, passes(shape, WinogradPolicy.NEVER));
    assertInstanceOf(DnnlFloatPasses.class, passes(shape, WinogradPolicy.AUTO));
  }

  private static FloatPasses passes(ConvolutionShape shape, WinogradPolicy policy) {
    return new ConvolutionPlan(shape, policy, Layout.CHANNELS_LAST).values();
  }

  private static void needLongVectors() {
    Assumptions.assumeTrue(VectorModule.hasWinograd(), "needs vectors of 16 floats in Java");
  }

  @Test
  void sixteenChannelsOnSeveralThreadsAreThoseOnOne() {
    needLongVectors();
    Size2D size = new Size2D(20, 12);
    ConvolvedImages images = new ConvolvedImages(9, size, size, 1, 1);
    LoopTeam team = new LoopTeam(2);
    WinogradConvolution alone =
        new WinogradConvolution(images, (tasks, task) -> IntStream.range(0, tasks).forEach(task));
    WinogradConvolution together = new WinogradConvolution(images, team::run);
    INDArray x = Tensors.gaussian(1, DataType.FLOAT, 9, 20, 12, 16);
    INDArray dy = Tensors.gaussian(2, DataType.FLOAT, 9, 20, 12, 16);
    INDArray w = Tensors.gaussian(3, DataType.FLOAT, 16, 16, 3, 3);
    List<INDArray> expected = results(alone, x, w, dy);
    for (int i = 0; i < 20; i++) {
      assertEquals(expected, results(together, x, w, dy), "call " + i);
    }
  }

  private static List<INDArray> results(
      WinogradConvolution convolution, INDArray x, INDArray w, INDArray dy) {
    INDArray y = dy.ulike();
    INDArray dx = x.ulike();
    INDArray dw = w.ulike();
    convolution.forward(Relayout.bytes(x), Relayout.bytes(w), null, Relayout.bytes(y));
    convolution.backwardData(Relayout.bytes(w), Relayout.bytes(dy), Relayout.bytes(dx));
    convolution.backwardWeights(Relayout.bytes(x), Relayout.bytes(dy), Relayout.bytes(dw), null);
    return List.of(y, dx, dw);
  }

  private static ConvolutionShape shape(Case test, long channels) {
    return shape(geometry(test, Size2D.ONE), channels);
  }

  private static ConvolutionShape shape(ConvolutionGeometry geometry, long channels) {
    return new ConvolutionShape(geometry, 1, channels, 8, 8, channels);
  }

  private static ConvolutionGeometry geometry(Case test, Size2D stride) {
    return new ConvolutionGeometry(
        test.format, 1, new Size2D(3, 3), stride, Size2D.ONE, test.padding);
  }

  private static INDArray image(Case test) {
    return Tensors.gaussian(1, DataType.FLOAT, inputShape(test));
  }

  private static DnnlConvolution convolution(Case test, WinogradPolicy policy) {
    ConvolutionGeometry geometry = geometry(test, Size2D.ONE);
    return new DnnlConvolution(
        geometry,
        new Nd4jEngine().convolution(geometry),
        new Policies(IntegerPolicy.AUTO, policy, GradientPolicy.FLOAT));
  }

  /** y, dL/dx, dL/dW and dL/db. */
  private static List<INDArray> results(Case test, WinogradPolicy policy, Operand x) {
    ConvolutionGeometry geometry = geometry(test, Size2D.ONE);
    DnnlConvolution convolution = convolution(test, policy);
    INDArray w = Tensors.gaussian(2, DataType.FLOAT, test.out, test.in, 3, 3).muli(0.1);
    INDArray b = Tensors.gaussian(3, DataType.FLOAT, test.out);
    INDArray y = Nd4j.create(DataType.FLOAT, geometry.outputShape(inputShape(test), test.out));
    convolution.forward(x, Operand.plain(w), b, y);
    INDArray dy = Tensors.gaussian(4, DataType.FLOAT, y.shape());
    LinearGradients gradients = new LinearGradients(image(test).ulike(), w.ulike(), b.ulike());
    convolution.backward(x, Operand.plain(w), dy, gradients);
    return List.of(y, gradients.input(), gradients.weights(), gradients.bias());
  }

  private static long[] inputShape(Case test) {
    long height = test.image.height();
    long width = test.image.width();
    return test.format == CNN2DFormat.NCHW
        ? new long[] {test.examples, test.in, height, width}
        : new long[] {test.examples, height, width, test.in};
  }
}
