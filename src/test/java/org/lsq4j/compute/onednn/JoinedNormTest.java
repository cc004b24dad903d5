package org.lsq4j.compute.onednn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.compute.Tensors.assertClose;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.compute.BatchNormGradients;
import org.lsq4j.compute.BatchNormKernel;
import org.lsq4j.compute.BatchNormTensors;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.compute.FakeQuantizeKernel;
import org.lsq4j.compute.GradientForm;
import org.lsq4j.compute.JoinedNormKernel;
import org.lsq4j.compute.JoinedNormKernel.Normalized;
import org.lsq4j.compute.JoinedNormKernel.Sum;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.QuantizerGradients;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.compute.ReusedMemory;
import org.lsq4j.compute.SumKernel;
import org.lsq4j.compute.SumUpstream;
import org.lsq4j.compute.Tensors;
import org.lsq4j.compute.nd4j.Nd4jEngine;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A joined batch norm gives what batch norm and quantizer or sum give apart, in double. */
class JoinedNormTest {

  private static final double EPSILON = 1e-3;
  private static final double STEP = 0.37;
  private static final double GRADIENT_SCALE = 0.5;
  private static final Nd4jEngine PORTABLE = new Nd4jEngine();

  private JoinedNormKernel kernel;

  @BeforeEach
  void needVectors() {
    Assumptions.assumeTrue(
        ComputeEngines.current().name().equals(OneDnnEngine.NAME) && LoopBatchNorm.isSupported(),
        "joined batch norms need oneDNN, AVX-512 and Java's vector module of JDK 17");
    kernel = ComputeEngines.current().batchNorm(3, EPSILON, Rectifier.RELU).joined().orElseThrow();
  }

  static List<long[]> shapes() {
    return List.of(
        new long[] {3, 5, 4, 16},
        new long[] {2, 6, 5, 32},
        new long[] {3, 4, 4, 64},
        new long[] {2, 3, 5, 96},
        // Several tiles, the last one not full.
        new long[] {16, 33, 32, 16},
        // Its rows are no whole number of turns.
        new long[] {16, 33, 3, 32},
        new long[] {9, 33, 8, 128});
  }

  static Stream<Arguments> shapesAndSigns() {
    return shapes().stream()
        .flatMap(
            shape -> Stream.of(CodeSign.values()).map(sign -> Arguments.of((Object) shape, sign)));
  }

  static Stream<Arguments> shapesAndRectifiers() {
    return shapes().stream()
        .flatMap(
            shape -> Stream.of(Rectifier.values()).map(each -> Arguments.of((Object) shape, each)));
  }

  /** Tensors of one problem in one type. */
  private static final class Problem {
    final INDArray x;
    final INDArray other;
    final INDArray upstream;
    final BatchNormTensors tensors;
    final BatchNormGradients gradients;

    Problem(DataType type, long... shape) {
      long channels = shape[3];
      x = Tensors.gaussian(1, type, shape).muli(2).addi(0.5);
      other = Tensors.gaussian(2, type, shape);
      upstream = Tensors.gaussian(3, type, shape);
      tensors =
          new BatchNormTensors(
              Tensors.gaussian(4, type, channels).muli(0.2).addi(1),
              Tensors.gaussian(5, type, channels),
              Nd4j.valueArrayOf(new long[] {channels}, 7.0, type),
              Nd4j.valueArrayOf(new long[] {channels}, 7.0, type));
      gradients =
          new BatchNormGradients(
              x.ulike().assign(7), tensors.gamma().ulike(), tensors.beta().ulike());
    }

    Normalized normalized() {
      return new Normalized(x, tensors);
    }
  }

  @ParameterizedTest
  @MethodSource("shapesAndSigns")
  void withQuantizer(long[] shape, CodeSign sign) {
    // A quantizer of codes from 0 on rectifies by itself.
    Rectifier rectifier = sign == CodeSign.UNSIGNED ? Rectifier.RELU : Rectifier.NONE;
    Problem apart = new Problem(DataType.DOUBLE, shape);
    BatchNormKernel norm = PORTABLE.batchNorm(3, EPSILON, rectifier);
    FakeQuantizeKernel quantize = PORTABLE.fakeQuantize();
    INDArray y = apart.x.ulike();
    norm.forwardTraining(apart.x, apart.tensors, y);
    QuantizerTensors quantizer = quantizer(sign, DataType.DOUBLE);
    INDArray expected = quantize.forward(y, quantizer, new ReusedMemory()).values().dup();
    INDArray ds = Nd4j.create(DataType.DOUBLE, 1);
    quantize.backward(
        y, quantizer, apart.upstream, new QuantizerGradients(ds, null, GRADIENT_SCALE));
    norm.backward(apart.x, apart.tensors, apart.upstream, apart.gradients);

    Problem joined = new Problem(DataType.FLOAT, shape);
    kernel.statistics(joined.normalized());
    Operand codes = kernel.quantize(joined.normalized(), quantizer(sign, DataType.FLOAT));
    assertClose(expected, codes.values(), 1e-5, "xHat");
    assertEquals(sign == CodeSign.SIGNED, ((QuantizedOperand) codes).isSigned());

    INDArray joinedDs = Nd4j.create(DataType.FLOAT, 1);
    kernel.backpropQuantizer(
        joined.normalized(),
        joined.upstream,
        new QuantizerGradients(joinedDs, null, GRADIENT_SCALE));
    kernel.backward(joined.normalized(), joined.upstream, GradientForm.PLAIN, joined.gradients);

    double sumSize = Math.sqrt(apart.x.length());
    assertClose(ds, joinedDs, 1e-5 * sumSize, "ds");
    assertSame(apart, joined);
  }

  @ParameterizedTest
  @MethodSource("shapesAndRectifiers")
  void withSum(long[] shape, Rectifier rectifier) {
    Problem apart = new Problem(DataType.DOUBLE, shape);
    BatchNormKernel norm = PORTABLE.batchNorm(3, EPSILON, Rectifier.NONE);
    SumKernel sum = PORTABLE.sum(rectifier);
    INDArray v = apart.x.ulike();
    norm.forwardTraining(apart.x, apart.tensors, v);
    INDArray expected = apart.x.ulike();
    sum.forward(List.of(v, apart.other), expected);
    INDArray expectedDv = apart.x.ulike();
    sum.backward(expected, apart.upstream, List.of(expectedDv, apart.x.ulike()));
    norm.backward(apart.x, apart.tensors, expectedDv, apart.gradients);

    Problem joined = new Problem(DataType.FLOAT, shape);
    INDArray y = joined.x.ulike();
    INDArray dv = joined.x.ulike();
    kernel.statistics(joined.normalized());
    kernel.add(joined.normalized(), new Sum(joined.other, rectifier, y), List.of());
    kernel.backpropSum(joined.normalized(), y, plain(joined.upstream), dv);
    kernel.backward(joined.normalized(), dv, GradientForm.PLAIN, joined.gradients);

    assertClose(expected, y, 1e-5, "y");
    assertClose(expectedDv, dv, 1e-6, "dv");
    assertClose(apart.other, joined.other, 1e-6, "the other term is not changed");
    assertSame(apart, joined);
  }

  private static SumUpstream plain(INDArray... gradients) {
    return new SumUpstream(List.of(gradients), List.of());
  }

  /** Readers of a sum: so many read it itself, and there is a quantizer for each of some signs. */
  private record Readers(int plain, CodeSign... signs) {}

  static Stream<Arguments> readersAndRectifiers() {
    return Stream.of(
            new Readers(1, CodeSign.UNSIGNED),
            new Readers(2, CodeSign.SIGNED),
            new Readers(0, CodeSign.UNSIGNED, CodeSign.UNSIGNED),
            new Readers(0, CodeSign.SIGNED),
            new Readers(3, CodeSign.UNSIGNED, CodeSign.SIGNED))
        .flatMap(readers -> Stream.of(Rectifier.values()).map(each -> Arguments.of(readers, each)));
  }

  @ParameterizedTest
  @MethodSource("readersAndRectifiers")
  void withSumAndItsReaders(Readers readers, Rectifier rectifier) {
    // Several tiles, the last one not full.
    Problem problem = new Problem(DataType.FLOAT, 17, 33, 32, 16);
    INDArray y = problem.x.ulike();
    kernel.statistics(problem.normalized());
    List<Operand> codes =
        kernel.add(
            problem.normalized(),
            new Sum(problem.other, rectifier, y),
            Stream.of(readers.signs).map(each -> quantizer(each, DataType.FLOAT)).toList());
    List<INDArray> plain = new ArrayList<>();
    List<SumUpstream.Quantized> quantized = new ArrayList<>();
    for (int i = 0; i < readers.plain; i++) {
      plain.add(gradient(i, y.shape()));
    }
    for (int i = 0; i < readers.signs.length; i++) {
      INDArray ds = Nd4j.create(DataType.FLOAT, 1);
      quantized.add(
          new SumUpstream.Quantized(
              gradient(10 + i, y.shape()), new QuantizerGradients(ds, null, GRADIENT_SCALE)));
    }
    INDArray dv = problem.x.ulike().assign(7);
    kernel.backpropSum(problem.normalized(), y, new SumUpstream(plain, quantized), dv);

    INDArray dy = y.ulike().assign(0);
    plain.forEach(dy::addi);
    for (int i = 0; i < readers.signs.length; i++) {
      FakeQuantizeKernel quantize = PORTABLE.fakeQuantize();
      QuantizerTensors quantizer = quantizer(readers.signs[i], DataType.FLOAT);
      INDArray expected = quantize.forward(y, quantizer, new ReusedMemory()).values();
      assertClose(expected, codes.get(i).values(), 1e-6, "yHat " + i);
      INDArray passed = gradient(10 + i, y.shape());
      INDArray ds = Nd4j.create(DataType.FLOAT, 1);
      quantize.backward(y, quantizer, passed, new QuantizerGradients(ds, null, GRADIENT_SCALE));
      dy.addi(passed);
      INDArray found = quantized.get(i).targets().step();
      assertClose(ds, found, 1e-5 * Math.sqrt(y.length()), "ds " + i);
      assertEquals(gradient(10 + i, y.shape()), quantized.get(i).gradient(), "not changed");
    }
    INDArray expectedDv = y.ulike();
    PORTABLE.sum(rectifier).backward(y, dy, List.of(expectedDv, y.ulike()));
    assertClose(expectedDv, dv, 1e-5, "dv");
    for (int i = 0; i < readers.plain; i++) {
      assertEquals(gradient(i, y.shape()), plain.get(i), "not changed");
    }
  }

  private static INDArray gradient(int reader, long... shape) {
    return Tensors.gaussian(20 + reader, DataType.FLOAT, shape);
  }

  private static void assertSame(Problem apart, Problem joined) {
    double sumSize = Math.sqrt((double) apart.x.length() / apart.tensors.mean().length());
    assertClose(apart.tensors.mean(), joined.tensors.mean(), 1e-6, "mean");
    assertClose(apart.tensors.variance(), joined.tensors.variance(), 1e-5, "variance");
    assertClose(apart.gradients.beta(), joined.gradients.beta(), 1e-5 * sumSize, "dbeta");
    assertClose(apart.gradients.gamma(), joined.gradients.gamma(), 1e-5 * sumSize, "dgamma");
    assertClose(apart.gradients.input(), joined.gradients.input(), 1e-5, "dx");
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void roundsHalfToEven(long... shape) {
    Problem problem = new Problem(DataType.FLOAT, shape);
    INDArray y = problem.x.ulike();
    kernel.statistics(problem.normalized());
    kernel.add(problem.normalized(), new Sum(problem.other, Rectifier.RELU, y), List.of());
    INDArray dv = problem.x.ulike();
    kernel.backpropSum(problem.normalized(), y, plain(problem.upstream), dv);
    GradientForm whole = new GradientForm(GradientForm.Encoding.FLOAT, 0.75f);
    GradientForm rounded = new GradientForm(GradientForm.Encoding.BFLOAT16, 0.75f);

    kernel.backward(problem.normalized(), dv, whole, problem.gradients);
    float[] floats = problem.gradients.input().dup('c').data().asFloat();
    kernel.backward(problem.normalized(), dv, rounded, problem.gradients);

    var bytes = FloatMemory.of(problem.gradients.input()).bytes();
    for (int i = 0; i < floats.length; i++) {
      int bits = Float.floatToRawIntBits(floats[i]);
      int lower = bits & 0xffff;
      boolean up = lower > 0x8000 || lower == 0x8000 && (bits >> 16 & 1) == 1;
      short expected = (short) ((bits >>> 16) + (up ? 1 : 0));
      assertEquals(expected, bytes.getShort(i * Short.BYTES), "element " + i);
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void writesBlocksOfChannels(long... shape) {
    Problem problem = new Problem(DataType.FLOAT, shape);
    Normalized input = problem.normalized();
    INDArray y = problem.x.ulike();
    kernel.statistics(input);
    kernel.add(input, new Sum(problem.other, Rectifier.RELU, y), List.of());
    INDArray dv = problem.x.ulike();
    kernel.backpropSum(input, y, plain(problem.upstream), dv);
    kernel.backward(input, dv, GradientForm.PLAIN, problem.gradients);
    INDArray expected =
        problem
            .gradients
            .input()
            .dup()
            .reshape(shape[0], shape[1], shape[2], shape[3] / 16, 16)
            .permute(0, 3, 1, 2, 4)
            .dup('c');
    if (shape[3] % NormLoops.ROW == 0) {
      kernel.backward(input, dv, GradientForm.CHANNEL_BLOCKS, problem.gradients);
      INDArray found = problem.gradients.input();
      assertArrayEquals(expected.data().asFloat(), found.data().asFloat());
    } else {
      IllegalArgumentException thrown =
          assertThrows(
              IllegalArgumentException.class,
              () -> kernel.backward(input, dv, GradientForm.CHANNEL_BLOCKS, problem.gradients));
      assertEquals(
          "dL/dx of 16 channels in blocks: the channels must be a multiple of 32",
          thrown.getMessage());
    }
  }

  /** Squares of sums would lose all digits of this variance. */
  @Test
  void varianceFarFromZero() {
    INDArray x = Tensors.gaussian(1, DataType.DOUBLE, 16, 16, 16, 16).addi(3000);
    INDArray channels = Nd4j.create(DataType.FLOAT, 16);
    BatchNormTensors tensors =
        new BatchNormTensors(channels.add(1), channels, channels.dup(), channels.dup());
    INDArray floats = x.castTo(DataType.FLOAT);
    kernel.statistics(new Normalized(floats, tensors));
    INDArray expected = floats.castTo(DataType.DOUBLE).reshape(4096, 16).var(false, 0);
    assertClose(expected, tensors.variance(), 1e-3, "variance");
  }

  @Test
  void repeatsBitForBit() {
    assertArrayEquals(dx(), dx());
  }

  private double[] dx() {
    Problem problem = new Problem(DataType.FLOAT, 16, 33, 32, 16);
    kernel.statistics(problem.normalized());
    kernel.quantize(problem.normalized(), quantizer(CodeSign.UNSIGNED, DataType.FLOAT));
    kernel.backpropQuantizer(
        problem.normalized(),
        problem.upstream,
        new QuantizerGradients(Nd4j.create(DataType.FLOAT, 1), null, 1));
    kernel.backward(problem.normalized(), problem.upstream, GradientForm.PLAIN, problem.gradients);
    return Tensors.values(problem.gradients.input());
  }

  @Test
  void takesWholeRowsOnly() {
    assertTrue(kernel.fits(Nd4j.create(DataType.FLOAT, 2, 3, 3, 16)));
    assertFalse(kernel.fits(Nd4j.create(DataType.FLOAT, 1, 3, 3, 16)), "half a row is left");
    assertFalse(kernel.fits(Nd4j.create(DataType.FLOAT, 4, 4, 4, 24)), "24 channels");
    assertFalse(kernel.fits(Nd4j.create(DataType.DOUBLE, 2, 4, 4, 16)), "double");
    assertFalse(kernel.fits(Nd4j.create(DataType.FLOAT, 16, 16)), "matrix");
    assertFalse(
        kernel.fits(Nd4j.create(DataType.FLOAT, new long[] {2, 4, 4, 16}, 'f')), "Fortran order");
  }

  private static QuantizerTensors quantizer(CodeSign sign, DataType type) {
    return new QuantizerTensors(
        QuantizerSpec.activations(3, sign), Tensors.vector(type, STEP), null, -1);
  }
}
