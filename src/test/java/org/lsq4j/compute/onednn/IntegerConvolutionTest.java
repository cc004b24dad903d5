package org.lsq4j.compute.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.FakeQuantizeKernel;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.Padding2D;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.ReusedMemory;
import org.lsq4j.compute.Size2D;
import org.lsq4j.compute.nd4j.Nd4jEngine;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The convolution on codes gives what the convolution of dequantized values gives, up to float
 * rounding.
 */
class IntegerConvolutionTest {

  private static final Nd4jEngine PORTABLE = new Nd4jEngine();

  private record Case(
      ConvolutionGeometry geometry,
      int inChannels,
      int outChannels,
      int bits,
      CodeSign sign,
      OffsetMode offset,
      Granularity weights,
      boolean bias) {

    QuantizerSpec inputs() {
      return QuantizerSpec.activations(bits, sign).withOffset(offset);
    }
  }

  @BeforeAll
  static void needOneDnn() {
    Assumptions.assumeTrue(
        ComputeEngines.names().contains(OneDnnEngine.NAME)
            && ComputeEngines.current().name().equals(OneDnnEngine.NAME),
        "oneDNN does not work here");
  }

  static Stream<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (CNN2DFormat format : CNN2DFormat.values()) {
      for (ConvolutionGeometry geometry : geometries(format)) {
        for (int bits : new int[] {2, 3, 4, 8}) {
          for (CodeSign sign : CodeSign.values()) {
            for (OffsetMode offset : OffsetMode.values()) {
              for (Granularity granularity : Granularity.values()) {
                boolean bias = bits % 2 == 0;
                cases.add(new Case(geometry, 8, 16, bits, sign, offset, granularity, bias));
              }
            }
          }
        }
      }
    }
    return cases.stream();
  }

  private static List<ConvolutionGeometry> geometries(CNN2DFormat format) {
    Size2D three = new Size2D(3, 3);
    return List.of(
        new ConvolutionGeometry(
            format, 1, three, Size2D.ONE, Size2D.ONE, Padding2D.symmetric(1, 1)),
        new ConvolutionGeometry(
            format, 1, three, new Size2D(2, 2), Size2D.ONE, new Padding2D(0, 0, 1, 1)),
        new ConvolutionGeometry(
            format, 1, new Size2D(1, 1), Size2D.ONE, Size2D.ONE, Padding2D.NONE),
        new ConvolutionGeometry(
            format, 1, three, Size2D.ONE, new Size2D(2, 2), Padding2D.symmetric(2, 2)),
        new ConvolutionGeometry(
            format, 8, three, Size2D.ONE, Size2D.ONE, Padding2D.symmetric(1, 1)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithFloat(Case test) {
    Nd4j.getRandom().setSeed(5);
    INDArray x = input(test);
    INDArray w = Nd4j.randn(DataType.FLOAT, weightShape(test)).muli(0.1);
    INDArray bias = test.bias() ? Nd4j.randn(DataType.FLOAT, test.outChannels()) : null;
    INDArray exact = run(test, x, w, bias, IntegerPolicy.NEVER);
    INDArray integer = run(test, x, w, bias, IntegerPolicy.ALWAYS);
    double scale = exact.amaxNumber().doubleValue();
    assertTrue(scale > 0.1, "the case computes something");
    double difference = exact.sub(integer).amaxNumber().doubleValue();
    assertEquals(0, difference / scale, 2e-6, test.toString());
  }

  private record Product(
      CodeSign sign, OffsetMode offset, int bits, Granularity weights, boolean bias) {

    Operand input(INDArray x) {
      QuantizerSpec spec = QuantizerSpec.activations(bits, sign).withOffset(offset);
      return quantize(x, spec, 2.5 / spec.range().highest(), 0);
    }

    Operand weights(INDArray w) {
      QuantizerSpec spec = QuantizerSpec.weights(bits).withGranularity(weights);
      return quantize(w, spec, 0.25 / spec.range().highest(), 1);
    }
  }

  static Stream<Product> products() {
    List<Product> products = new ArrayList<>();
    for (CodeSign sign : CodeSign.values()) {
      for (OffsetMode offset : OffsetMode.values()) {
        for (int bits : new int[] {2, 3, 4, 8}) {
          for (Granularity granularity : Granularity.values()) {
            products.add(new Product(sign, offset, bits, granularity, bits % 2 == 0));
          }
        }
      }
    }
    return products.stream();
  }

  /** Dense layers compute on codes too: one row an example, weights column major. */
  @ParameterizedTest
  @MethodSource("products")
  void matrixProductAgreesWithFloat(Product test) {
    Nd4j.getRandom().setSeed(6);
    Operand x = test.input(Nd4j.randn(DataType.FLOAT, 5, 37));
    Operand w = test.weights(Nd4j.randn(DataType.FLOAT, 37, 11).muli(0.1).dup('f'));
    INDArray bias = Nd4j.randn(DataType.FLOAT, 11);
    INDArray product = x.values().mmul(w.values());
    INDArray expected = test.bias() ? product.addiRowVector(bias) : product;
    for (IntegerPolicy policy : IntegerPolicy.values()) {
      INDArray y = Nd4j.createUninitialized(DataType.FLOAT, 5, 11);
      new DnnlMatrixProduct(
              PORTABLE.matrixProduct(),
              new Policies(policy, WinogradPolicy.NEVER, GradientPolicy.FLOAT))
          .forward(x, w, test.bias() ? bias : null, y);
      double scale = expected.amaxNumber().doubleValue();
      assertTrue(scale > 0.1, "the case computes something");
      double difference = expected.sub(y).amaxNumber().doubleValue();
      assertEquals(0, difference / scale, 2e-6, policy.toString());
    }
  }

  /**
   * Without VNNI, pairs of products saturate at 16 bits: the widest operands must not be allowed
   * there.
   */
  @Test
  void widestOperandsNeedVnni() {
    QuantizedOperand wide = operand(QuantizerSpec.activations(8, CodeSign.UNSIGNED));
    QuantizedOperand narrow = operand(QuantizerSpec.activations(4, CodeSign.UNSIGNED));
    QuantizedOperand signed = operand(QuantizerSpec.activations(2, CodeSign.SIGNED));
    QuantizedOperand weights = operand(QuantizerSpec.weights(8));
    assertTrue(IntegerPolicy.AUTO.allows(wide, weights, "avx512_core_vnni"));
    assertTrue(IntegerPolicy.AUTO.allows(narrow, weights, "avx2"));
    assertEquals(false, IntegerPolicy.AUTO.allows(wide, weights, "avx2"));
    // Signed inputs are shifted to unsigned bytes, however few bits they have.
    assertEquals(false, IntegerPolicy.AUTO.allows(signed, weights, "avx512_core"));
  }

  /** So that its time is the quantizer's in a profile. */
  @Test
  void tensorsWithOneStepAreEncodedWhenTheyAreQuantized() {
    INDArray x = Nd4j.ones(DataType.FLOAT, 2, 3);
    Operand quantized = quantize(x, QuantizerSpec.activations(4, CodeSign.UNSIGNED), 0.5, 0);
    x.assign(0);
    assertEquals(Nd4j.ones(DataType.FLOAT, 2, 3), quantized.values());
  }

  private static QuantizedOperand operand(QuantizerSpec spec) {
    return new QuantizedOperand(
        Nd4j.ones(1),
        new QuantizedOperand.Scale(spec.range(), new float[] {1}, 0),
        () -> null,
        values -> {},
        () -> null);
  }

  private static INDArray input(Case test) {
    long[] shape =
        test.geometry().format() == CNN2DFormat.NCHW
            ? new long[] {2, test.inChannels(), 7, 6}
            : new long[] {2, 7, 6, test.inChannels()};
    return Nd4j.randn(DataType.FLOAT, shape);
  }

  private static long[] weightShape(Case test) {
    ConvolutionGeometry geometry = test.geometry();
    return new long[] {
      test.outChannels(),
      test.inChannels() / geometry.groups(),
      geometry.kernel().height(),
      geometry.kernel().width()
    };
  }

  private static INDArray run(
      Case test, INDArray x, INDArray w, INDArray bias, IntegerPolicy policy) {
    QuantizerSpec inputs = test.inputs();
    QuantizerSpec weights = QuantizerSpec.weights(test.bits()).withGranularity(test.weights());
    Operand quantizedX = quantize(x, inputs, 2.5 / inputs.range().highest(), 0);
    Operand quantizedW = quantize(w, weights, 0.25 / weights.range().highest(), 0);
    DnnlConvolution convolution =
        new DnnlConvolution(
            test.geometry(),
            PORTABLE.convolution(test.geometry()),
            new Policies(policy, WinogradPolicy.NEVER, GradientPolicy.FLOAT));
    INDArray y =
        Nd4j.createUninitialized(
            DataType.FLOAT, test.geometry().outputShape(x.shape(), test.outChannels()));
    convolution.forward(quantizedX, quantizedW, bias, y);
    return y;
  }

  private static Operand quantize(
      INDArray values, QuantizerSpec spec, double step, int channelAxis) {
    FakeQuantizeKernel kernel = new FusedFakeQuantize(PORTABLE.fakeQuantize());
    long steps = spec.granularity() == Granularity.PER_CHANNEL ? values.size(channelAxis) : 1;
    INDArray s = Nd4j.linspace(DataType.FLOAT, step, step / 7, steps);
    INDArray z = spec.learnsOffset() ? Nd4j.createFromArray((float) (-2.3 * step)) : null;
    return kernel.forward(
        values, new QuantizerTensors(spec, s, z, channelAxis), new ReusedMemory());
  }
}
