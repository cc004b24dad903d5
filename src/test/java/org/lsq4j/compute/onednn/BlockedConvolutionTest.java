package org.lsq4j.compute.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.LinearGradients;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.Padding2D;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.ReusedMemory;
import org.lsq4j.compute.Size2D;
import org.lsq4j.compute.TensorForm;
import org.lsq4j.compute.TensorForms;
import org.lsq4j.compute.Tensors;
import org.lsq4j.compute.dnnl.DnnlRuntime;
import org.lsq4j.compute.nd4j.Nd4jEngine;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Convolutions read and write tensors in blocks of channels as they do plain ones. */
class BlockedConvolutionTest {

  private static final TensorForm PLAIN = TensorForm.PLAIN;
  private static final TensorForm BLOCKS = TensorForm.CHANNEL_BLOCKS;

  /** A convolution and the forms that it likes. */
  private record Case(
      ConvolutionGeometry geometry, int in, int out, Size2D image, TensorForms forms) {

    static Case of(int kernel, int stride, int in, int out, int side, TensorForms forms) {
      return new Case(moving(kernel, stride, 1), in, out, new Size2D(side, side), forms);
    }

    long[] inputShape() {
      return new long[] {3, image.height(), image.width(), in};
    }

    long[] outputShape() {
      return geometry.outputShape(inputShape(), out);
    }
  }

  private static ConvolutionGeometry moving(int kernel, int stride, int groups) {
    return new ConvolutionGeometry(
        CNN2DFormat.NHWC,
        groups,
        new Size2D(kernel, kernel),
        new Size2D(stride, stride),
        Size2D.ONE,
        Padding2D.symmetric(kernel / 2, kernel / 2));
  }

  @BeforeEach
  void needInstructions() {
    Assumptions.assumeTrue(
        ComputeEngines.current().name().equals(OneDnnEngine.NAME)
            && DnnlRuntime.get().instructionSet().contains("avx512"),
        "blocks of 16 channels need oneDNN and AVX-512");
  }

  static Stream<Case> cases() {
    return Stream.of(
        // By Winograd's algorithm.
        Case.of(3, 1, 32, 64, 8, TensorForms.CHANNEL_BLOCKS),
        Case.of(3, 1, 32, 64, 7, TensorForms.PLAIN),
        Case.of(3, 1, 32, 48, 8, new TensorForms(BLOCKS, PLAIN)),
        // Directly.
        Case.of(3, 2, 32, 64, 8, TensorForms.CHANNEL_BLOCKS),
        Case.of(1, 2, 32, 64, 8, TensorForms.CHANNEL_BLOCKS),
        Case.of(1, 1, 64, 32, 6, TensorForms.CHANNEL_BLOCKS),
        Case.of(5, 1, 32, 32, 6, TensorForms.CHANNEL_BLOCKS),
        Case.of(3, 2, 32, 32, 10, new TensorForms(BLOCKS, PLAIN)),
        // 16 channels are one block, which is a plain tensor.
        Case.of(3, 2, 16, 32, 8, new TensorForms(PLAIN, BLOCKS)),
        Case.of(3, 1, 32, 16, 8, new TensorForms(BLOCKS, PLAIN)),
        Case.of(3, 1, 16, 16, 8, TensorForms.PLAIN),
        Case.of(3, 1, 24, 32, 8, TensorForms.PLAIN),
        new Case(moving(3, 1, 32), 32, 32, new Size2D(8, 8), TensorForms.PLAIN));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void forward(Case test) {
    DnnlConvolution convolution = convolution(test.geometry);
    INDArray image = Tensors.gaussian(1, DataType.FLOAT, test.inputShape());
    Operand w = Operand.plain(weights(test));
    assertEquals(test.forms, convolution.forwardForms(Operand.plain(image), w));
    for (INDArray bias : Arrays.asList(null, Tensors.gaussian(3, DataType.FLOAT, test.out))) {
      INDArray expected = Nd4j.create(DataType.FLOAT, test.outputShape());
      convolution.forward(Operand.plain(image), w, bias, expected);
      for (TensorForm ofX : List.of(PLAIN, test.forms.input())) {
        for (TensorForm ofY : List.of(PLAIN, test.forms.output())) {
          FormedTensor y = new FormedTensor(expected.ulike(), ofY);
          convolution.forwardTo(Tensors.inForm(ofX, image), w, bias, y);
          assertSame(expected, y.values(), "y of x " + ofX + " in " + ofY);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void backward(Case test) {
    DnnlConvolution convolution = convolution(test.geometry);
    INDArray image = Tensors.gaussian(1, DataType.FLOAT, test.inputShape());
    Operand x = Operand.plain(image);
    INDArray w = weights(test);
    INDArray dy = Tensors.gaussian(4, DataType.FLOAT, test.outputShape());
    LinearGradients expected = new LinearGradients(image.ulike(), w.ulike(), bias(test));
    convolution.backward(x, Operand.plain(w), dy, expected);
    assertEquals(test.forms, convolution.backwardForms(x, Operand.plain(w), bias(test)));
    for (TensorForm ofX : List.of(PLAIN, test.forms.input())) {
      for (TensorForm ofDx : List.of(PLAIN, test.forms.input())) {
        for (TensorForm ofDy : List.of(PLAIN, test.forms.output())) {
          LinearGradients found = new LinearGradients(image.ulike(), ofDx, w.ulike(), bias(test));
          convolution.backwardFrom(
              Tensors.inForm(ofX, image), Operand.plain(w), Tensors.inForm(ofDy, dy), found);
          String forms = " of x " + ofX + ", dy " + ofDy + " and dx " + ofDx;
          INDArray dx = new FormedTensor(found.input(), ofDx).values();
          assertSame(expected.input(), dx, "dx" + forms);
          assertSame(expected.weights(), found.weights(), "dW" + forms);
          assertSame(expected.bias(), found.bias(), "db" + forms);
        }
      }
    }
  }

  /** Other sums of products: within float rounding. */
  private static void assertSame(INDArray expected, INDArray found, String what) {
    double scale = expected.amaxNumber().doubleValue();
    assertNotEquals(0, scale, what);
    double difference = expected.sub(found).amaxNumber().doubleValue();
    assertEquals(0, difference / scale, 1e-5, what);
  }

  /**
   * Codes have their channels last, and so have their product and the gradient of what they stand
   * for.
   */
  @Test
  void codesAreInNoBlocks() {
    assertEquals(new TensorForms(PLAIN, BLOCKS), backwardFormsOfCodes(3, 1, 8));
    assertEquals(new TensorForms(PLAIN, BLOCKS), backwardFormsOfCodes(3, 1, 7));
    assertEquals(TensorForms.PLAIN, backwardFormsOfCodes(3, 2, 8));
  }

  private static TensorForms backwardFormsOfCodes(int kernel, int stride, int side) {
    Case test = Case.of(kernel, stride, 32, 32, side, TensorForms.CHANNEL_BLOCKS);
    DnnlConvolution convolution = convolution(test.geometry);
    QuantizerTensors quantizer =
        new QuantizerTensors(
            QuantizerSpec.activations(3, CodeSign.UNSIGNED), Nd4j.createFromArray(0.3f), null, -1);
    Operand codes =
        new FusedFakeQuantize(new Nd4jEngine().fakeQuantize())
            .forward(
                Tensors.gaussian(1, DataType.FLOAT, test.inputShape()),
                quantizer,
                new ReusedMemory());
    Operand floatWeights = Operand.plain(weights(test));
    assertEquals(TensorForms.PLAIN, convolution.forwardForms(codes, floatWeights));
    return convolution.backwardForms(codes, floatWeights, null);
  }

  @Test
  void refusesOtherForms() {
    Case test = Case.of(3, 1, 24, 24, 8, TensorForms.PLAIN);
    DnnlConvolution convolution = convolution(test.geometry);
    Operand x = Operand.plain(Tensors.gaussian(1, DataType.FLOAT, test.inputShape()));
    Operand w = Operand.plain(weights(test));
    INDArray y = Nd4j.create(DataType.FLOAT, test.outputShape());
    FormedTensor blocked = new FormedTensor(y, BLOCKS);
    LinearGradients plain = new LinearGradients(x.values().ulike(), weights(test), null);
    LinearGradients inBlocks = new LinearGradients(x.values().ulike(), BLOCKS, weights(test), null);
    String refusal = " is in the form " + BLOCKS + "; this kernel takes " + PLAIN;
    assertRefuses(
        "the tensor of the output" + refusal, () -> convolution.forwardTo(x, w, null, blocked));
    assertRefuses(
        "the tensor of the output" + refusal, () -> convolution.backwardFrom(x, w, blocked, plain));
    assertRefuses(
        "the tensor of the input" + refusal,
        () -> convolution.backwardFrom(x, w, FormedTensor.plain(y), inBlocks));
  }

  private static void assertRefuses(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  private static INDArray weights(Case test) {
    int groups = test.geometry.groups();
    Size2D kernel = test.geometry.kernel();
    long[] shape = {test.out, test.in / groups, kernel.height(), kernel.width()};
    return Tensors.gaussian(2, DataType.FLOAT, shape).muli(0.1);
  }

  private static INDArray bias(Case test) {
    return Nd4j.create(DataType.FLOAT, test.out);
  }

  private static DnnlConvolution convolution(ConvolutionGeometry geometry) {
    return new DnnlConvolution(
        geometry,
        new Nd4jEngine().convolution(geometry),
        new Policies(IntegerPolicy.AUTO, WinogradPolicy.AUTO, GradientPolicy.FLOAT));
  }
}
