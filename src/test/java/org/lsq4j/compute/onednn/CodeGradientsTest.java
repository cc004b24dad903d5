package org.lsq4j.compute.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
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
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** The backward pass on codes differs from the one in float by the rounding of dL/dy alone. */
class CodeGradientsTest {

  private static final Nd4jEngine PORTABLE = new Nd4jEngine();

  /** bfloat16 has 8 significant bits, so rounding moves a number by at most 1 / 256 of itself. */
  private static final double ROUNDING = 1.0 / 256;

  private static final Size2D IMAGE = new Size2D(9, 8);

  private record Case(
      Size2D image, Size2D kernel, Size2D stride, Padding2D padding, int in, int out, int bits) {

    ConvolutionGeometry geometry() {
      return new ConvolutionGeometry(CNN2DFormat.NHWC, 1, kernel, stride, Size2D.ONE, padding);
    }
  }

  @BeforeEach
  void needInstructions() {
    Assumptions.assumeTrue(
        ComputeEngines.current().name().equals(OneDnnEngine.NAME)
            && DnnlRuntime.get().instructionSet().contains("bf16"),
        "products of bfloat16 numbers need oneDNN and a processor that has them");
  }

  static Stream<Case> cases() {
    Size2D three = new Size2D(3, 3);
    Size2D two = new Size2D(2, 2);
    Padding2D one = Padding2D.symmetric(1, 1);
    List<Case> cases = new ArrayList<>();
    for (int bits : new int[] {2, 3, 4, 8}) {
      cases.add(new Case(IMAGE, three, Size2D.ONE, one, 16, 16, bits));
      cases.add(new Case(IMAGE, three, Size2D.ONE, one, 32, 48, bits));
      cases.add(new Case(IMAGE, three, two, one, 16, 32, bits));
      cases.add(new Case(IMAGE, three, two, new Padding2D(0, 0, 1, 1), 32, 16, bits));
      cases.add(new Case(IMAGE, Size2D.ONE, two, Padding2D.NONE, 16, 32, bits));
      cases.add(new Case(Size2D.ONE, Size2D.ONE, Size2D.ONE, Padding2D.NONE, 48, 10, bits));
    }
    return cases.stream();
  }

  /** Where dL/dy times the step is exact in bfloat16, nothing is lost at all. */
  @ParameterizedTest
  @MethodSource("cases")
  void isExactForRoundGradients(Case test) {
    List<INDArray> exact = results(test, GradientPolicy.FLOAT, CodeGradientsTest::wholeNumbers);
    List<INDArray> onCodes =
        results(test, GradientPolicy.BFLOAT16, CodeGradientsTest::wholeNumbers);
    assertClose(exact, onCodes, 2e-6);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void losesLittleOfOtherGradients(Case test) {
    List<INDArray> exact = results(test, GradientPolicy.FLOAT, CodeGradientsTest::gaussian);
    List<INDArray> onCodes = results(test, GradientPolicy.BFLOAT16, CodeGradientsTest::gaussian);
    assertClose(exact, onCodes, ROUNDING);
    assertNotEquals(exact, onCodes, "the case was computed on codes");
  }

  @Test
  void offsetsAndChannelStepsKeepFloat() {
    QuantizedOperand plain = operand(0, 0.5f);
    assertTrue(GradientPolicy.BFLOAT16.allows(plain, plain));
    assertFalse(GradientPolicy.FLOAT.allows(plain, plain));
    assertFalse(GradientPolicy.BFLOAT16.allows(operand(0.1f, 0.5f), plain));
    assertFalse(GradientPolicy.BFLOAT16.allows(plain, operand(0, 0.5f, 0.25f)));
  }

  private static QuantizedOperand operand(float offset, float... steps) {
    return new QuantizedOperand(
        Nd4j.ones(1),
        new QuantizedOperand.Scale(QuantizerSpec.weights(3).range(), steps, offset),
        () -> null,
        values -> {},
        () -> null);
  }

  private static void assertClose(List<INDArray> expected, List<INDArray> found, double part) {
    for (int i = 0; i < expected.size(); i++) {
      double scale = expected.get(i).amaxNumber().doubleValue();
      double difference = expected.get(i).sub(found.get(i)).amaxNumber().doubleValue();
      assertTrue(scale > 0.1, "the case computes something");
      assertEquals(0, difference / scale, part, "result " + i);
    }
  }

  /** dL/dx, dL/dW and dL/db. */
  private static List<INDArray> results(
      Case test, GradientPolicy policy, java.util.function.Function<long[], INDArray> upstream) {
    INDArray x =
        Tensors.gaussian(1, DataType.FLOAT, 3, test.image.height(), test.image.width(), test.in);
    INDArray w =
        Tensors.gaussian(
            2, DataType.FLOAT, test.out, test.in, test.kernel.height(), test.kernel.width());
    QuantizerSpec inputs =
        QuantizerSpec.activations(test.bits, test.bits == 8 ? CodeSign.SIGNED : CodeSign.UNSIGNED);
    Operand codesX = quantize(x, inputs, 2.5 / inputs.range().highest());
    Operand codesW = quantize(w, QuantizerSpec.weights(test.bits), 0.25);
    DnnlConvolution convolution =
        new DnnlConvolution(
            test.geometry(),
            PORTABLE.convolution(test.geometry()),
            new Policies(IntegerPolicy.AUTO, WinogradPolicy.NEVER, policy));
    INDArray dy = upstream.apply(test.geometry().outputShape(x.shape(), test.out));
    INDArray db = Nd4j.create(DataType.FLOAT, test.out);
    LinearGradients gradients = new LinearGradients(x.ulike(), w.ulike(), db);
    convolution.backward(codesX, codesW, dy, gradients);
    return List.of(gradients.input(), gradients.weights(), gradients.bias());
  }

  private static INDArray gaussian(long[] shape) {
    return Tensors.gaussian(3, DataType.FLOAT, shape);
  }

  private static INDArray wholeNumbers(long[] shape) {
    return Transforms.round(gaussian(shape).muli(30));
  }

  private static Operand quantize(INDArray values, QuantizerSpec spec, double step) {
    INDArray s = Nd4j.createFromArray((float) step);
    return new FusedFakeQuantize(PORTABLE.fakeQuantize())
        .forward(values, new QuantizerTensors(spec, s, null, 0), new ReusedMemory());
  }
}
