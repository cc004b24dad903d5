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
import org.lsq4j.compute.FormedTensor;
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
import org.lsq4j.compute.TensorForm;
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
        new long[] {1, 3, 5, 48},
        // Several tiles, the last one not full.
        new long[] {16, 33, 32, 16},
        // Its rows are no whole number of turns.
        new long[] {16, 33, 3, 32},
        new long[] {9, 33, 8, 128});
  }

  static Stream<Arguments> shapesFormsAndSigns() {
    return shapesAndForms()
        .flatMap(each -> Stream.of(CodeSign.values()).map(sign -> with(each, sign)));
  }

  /** The forms that gradients of tensors can have. */
  static Stream<Arguments> shapesAndForms() {
    return shapes().stream()
        .flatMap(shape -> forms(shape).map(form -> Arguments.of((Object) shape, form)));
  }

  private static Stream<TensorForm> forms(long... shape) {
    return BlockTiles.fits(shape[0], shape[3], shape[1], shape[2])
        ? Stream.of(TensorForm.PLAIN, TensorForm.CHANNEL_BLOCKS)
        : Stream.of(TensorForm.PLAIN);
  }

  private static Arguments with(Arguments some, Object another) {
    return Arguments.of(
        Stream.concat(Stream.of(some.get()), Stream.of(another)).toArray(Object[]::new));
  }

  static Stream<Arguments> shapesFormsAndRectifiers() {
    return shapesAndForms()
        .flatMap(each -> Stream.of(Rectifier.values()).map(rectifier -> with(each, rectifier)));
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
      return new Normalized(FormedTensor.plain(x), tensors);
    }
  }

  @ParameterizedTest
  @MethodSource("shapesFormsAndSigns")
  void withQuantizer(long[] shape, TensorForm form, CodeSign sign) {
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
    FormedTensor upstream = Tensors.inForm(form, joined.upstream);
    kernel.backpropQuantizer(
        joined.normalized(), upstream, new QuantizerGradients(joinedDs, null, GRADIENT_SCALE));
    kernel.backward(joined.normalized(), upstream, TensorForm.PLAIN, joined.gradients);

    double sumSize = Math.sqrt(apart.x.length());
    assertClose(ds, joinedDs, 1e-5 * sumSize, "ds");
    assertSame(apart, joined);
  }

  @ParameterizedTest
  @MethodSource("shapesFormsAndRectifiers")
  void withSum(long[] shape, TensorForm form, Rectifier rectifier) {
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
    kernel.add(joined.normalized(), sum(joined.other, rectifier, y), List.of());
    SumUpstream upstream =
        new SumUpstream(List.of(Tensors.inForm(form, joined.upstream)), List.of());
    kernel.backpropSum(
        joined.normalized(), FormedTensor.plain(y), upstream, FormedTensor.plain(dv));
    kernel.backward(
        joined.normalized(), FormedTensor.plain(dv), TensorForm.PLAIN, joined.gradients);

    assertClose(expected, y, 1e-5, "y");
    assertClose(expectedDv, dv, 1e-6, "dv");
    assertClose(apart.other, joined.other, 1e-6, "the other term is not changed");
    assertSame(apart, joined);
  }

  /** The forms of x, of y and of the gradients and the other term. */
  private record Forms(TensorForm x, TensorForm y, TensorForm others) {}

  static Stream<Arguments> shapesFormsOfAllAndRectifiers() {
    return shapes().stream()
        .flatMap(
            shape ->
                formsOfAll(shape)
                    .flatMap(
                        forms ->
                            Stream.of(Rectifier.values())
                                .map(each -> Arguments.of(shape, forms, each))));
  }

  private static Stream<Forms> formsOfAll(long... shape) {
    return forms(shape)
        .flatMap(
            x -> forms(shape).flatMap(y -> forms(shape).map(others -> new Forms(x, y, others))));
  }

  @ParameterizedTest
  @MethodSource("shapesFormsOfAllAndRectifiers")
  void withConvolutions(long[] shape, Forms forms, Rectifier rectifier) {
    Problem apart = new Problem(DataType.DOUBLE, shape);
    BatchNormKernel norm = PORTABLE.batchNorm(3, EPSILON, rectifier);
    INDArray expected = apart.x.ulike();
    norm.forwardTraining(apart.x, apart.tensors, expected);
    norm.backward(apart.x, apart.tensors, apart.upstream, apart.gradients);

    Problem joined = new Problem(DataType.FLOAT, shape);
    Normalized input = new Normalized(Tensors.inForm(forms.x, joined.x), joined.tensors);
    FormedTensor y = new FormedTensor(joined.x.ulike(), forms.y);
    kernel.statistics(input);
    kernel.rectify(input, rectifier, y);
    assertClose(expected, y.values(), 1e-5, "y");

    FormedTensor dy = Tensors.inForm(forms.others, joined.upstream);
    kernel.backpropRectifier(input, dy);
    kernel.backward(input, dy, forms.x, joined.gradients);
    FormedTensor dx = new FormedTensor(joined.gradients.input().dup(), forms.x);
    joined.gradients.input().assign(dx.values());
    assertSame(apart, joined);
  }

  @ParameterizedTest
  @MethodSource("shapesFormsOfAllAndRectifiers")
  void withSumInForms(long[] shape, Forms forms, Rectifier rectifier) {
    Problem plain = new Problem(DataType.FLOAT, shape);
    INDArray expected = plain.x.ulike();
    INDArray expectedDv = plain.x.ulike();
    kernel.statistics(plain.normalized());
    kernel.add(plain.normalized(), sum(plain.other, rectifier, expected), List.of());
    kernel.backpropSum(
        plain.normalized(),
        FormedTensor.plain(expected),
        plain(plain.upstream),
        FormedTensor.plain(expectedDv));
    kernel.backward(
        plain.normalized(), FormedTensor.plain(expectedDv), TensorForm.PLAIN, plain.gradients);

    Problem formed = new Problem(DataType.FLOAT, shape);
    Normalized input = new Normalized(Tensors.inForm(forms.x, formed.x), formed.tensors);
    FormedTensor other = Tensors.inForm(forms.others, formed.other);
    FormedTensor y = new FormedTensor(formed.x.ulike(), forms.y);
    FormedTensor dv = new FormedTensor(formed.x.ulike(), forms.others);
    kernel.statistics(input);
    kernel.add(input, new Sum(other, rectifier, y), List.of());
    FormedTensor upstream = Tensors.inForm(forms.others, formed.upstream);
    kernel.backpropSum(input, y, new SumUpstream(List.of(upstream), List.of()), dv);
    kernel.backward(input, dv, TensorForm.PLAIN, formed.gradients);
    assertClose(expected, y.values(), 1e-5, "y");
    assertClose(expectedDv, dv.values(), 1e-6, "dv");
    assertSame(plain, formed);
  }

  private static Sum sum(INDArray other, Rectifier rectifier, INDArray y) {
    return new Sum(FormedTensor.plain(other), rectifier, FormedTensor.plain(y));
  }

  private static SumUpstream plain(INDArray gradient) {
    return new SumUpstream(List.of(FormedTensor.plain(gradient)), List.of());
  }

  /** Readers of a sum: so many read it itself, and there is a quantizer for each of some signs. */
  private record Readers(int plain, CodeSign... signs) {}

  static Stream<Arguments> readersAndRectifiers() {
    return Stream.of(
            new Readers(0),
            new Readers(2),
            new Readers(3),
            new Readers(1, CodeSign.UNSIGNED),
            new Readers(2, CodeSign.SIGNED),
            new Readers(0, CodeSign.UNSIGNED, CodeSign.UNSIGNED),
            new Readers(0, CodeSign.SIGNED),
            new Readers(3, CodeSign.UNSIGNED, CodeSign.SIGNED))
        .flatMap(readers -> Stream.of(Rectifier.values()).map(each -> Arguments.of(readers, each)))
        .flatMap(
            each ->
                Stream.of(
                    // Several tiles, the last one not full.
                    with(with(each, new long[] {17, 33, 32, 16}), TensorForm.PLAIN),
                    with(with(each, new long[] {6, 5, 9, 64}), TensorForm.CHANNEL_BLOCKS)));
  }

  @ParameterizedTest
  @MethodSource("readersAndRectifiers")
  void withSumAndItsReaders(Readers readers, Rectifier rectifier, long[] shape, TensorForm form) {
    Problem problem = new Problem(DataType.FLOAT, shape);
    INDArray y = problem.x.ulike();
    kernel.statistics(problem.normalized());
    List<Operand> codes =
        kernel.add(
            problem.normalized(),
            sum(problem.other, rectifier, y),
            Stream.of(readers.signs).map(each -> quantizer(each, DataType.FLOAT)).toList());
    Problem apart = new Problem(DataType.DOUBLE, shape);
    BatchNormKernel norm = PORTABLE.batchNorm(3, EPSILON, Rectifier.NONE);
    assertClose(sumApart(norm, apart, rectifier), y, 1e-5, "y");
    List<FormedTensor> plain = new ArrayList<>();
    List<SumUpstream.Quantized> quantized = new ArrayList<>();
    for (int i = 0; i < readers.plain; i++) {
      plain.add(Tensors.inForm(form, gradient(i, y.shape())));
    }
    for (int i = 0; i < readers.signs.length; i++) {
      INDArray ds = Nd4j.create(DataType.FLOAT, 1);
      quantized.add(
          new SumUpstream.Quantized(
              gradient(10 + i, y.shape()), new QuantizerGradients(ds, null, GRADIENT_SCALE)));
    }
    INDArray dv = problem.x.ulike().assign(7);
    kernel.backpropSum(
        problem.normalized(),
        FormedTensor.plain(y),
        new SumUpstream(plain, quantized),
        FormedTensor.plain(dv));

    INDArray dy = y.ulike().assign(0);
    for (int i = 0; i < readers.plain; i++) {
      dy.addi(gradient(i, y.shape()));
    }
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
      assertNotChanged(form, i, plain.get(i));
    }
    norm.backward(apart.x, apart.tensors, expectedDv.castTo(DataType.DOUBLE), apart.gradients);
    kernel.backward(
        problem.normalized(), FormedTensor.plain(dv), TensorForm.PLAIN, problem.gradients);
    assertSame(apart, problem);
  }

  private static INDArray sumApart(BatchNormKernel norm, Problem problem, Rectifier rectifier) {
    INDArray v = problem.x.ulike();
    norm.forwardTraining(problem.x, problem.tensors, v);
    INDArray y = problem.x.ulike();
    PORTABLE.sum(rectifier).forward(List.of(v, problem.other), y);
    return y;
  }

  private static void assertNotChanged(TensorForm form, int reader, FormedTensor found) {
    INDArray gradient = gradient(reader, found.array().shape());
    assertEquals(Tensors.inForm(form, gradient).array(), found.array(), "not changed");
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
    kernel.add(problem.normalized(), sum(problem.other, Rectifier.RELU, y), List.of());
    INDArray dv = problem.x.ulike();
    kernel.backpropSum(
        problem.normalized(),
        FormedTensor.plain(y),
        plain(problem.upstream),
        FormedTensor.plain(dv));
    TensorForm whole = new TensorForm(TensorForm.Encoding.FLOAT, 0.75f);
    TensorForm rounded = new TensorForm(TensorForm.Encoding.BFLOAT16, 0.75f);

    kernel.backward(problem.normalized(), FormedTensor.plain(dv), whole, problem.gradients);
    float[] floats = problem.gradients.input().dup('c').data().asFloat();
    kernel.backward(problem.normalized(), FormedTensor.plain(dv), rounded, problem.gradients);

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
    kernel.add(input, sum(problem.other, Rectifier.RELU, y), List.of());
    INDArray dv = problem.x.ulike();
    kernel.backpropSum(
        input, FormedTensor.plain(y), plain(problem.upstream), FormedTensor.plain(dv));
    FormedTensor upstream = FormedTensor.plain(dv);
    kernel.backward(input, upstream, TensorForm.PLAIN, problem.gradients);
    INDArray expected = Tensors.inChannelBlocks(problem.gradients.input());
    if (shape[3] % TensorTiles.LEAST_WIDTH == 0) {
      kernel.backward(input, upstream, TensorForm.CHANNEL_BLOCKS, problem.gradients);
      assertEquals(expected, problem.gradients.input());
    } else {
      IllegalArgumentException thrown =
          assertThrows(
              IllegalArgumentException.class,
              () -> kernel.backward(input, upstream, TensorForm.CHANNEL_BLOCKS, problem.gradients));
      assertEquals(
          "dL/dx of " + shape[3] + " channels in blocks: the channels must be a multiple of 32",
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
    kernel.statistics(new Normalized(FormedTensor.plain(floats), tensors));
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
    FormedTensor upstream = FormedTensor.plain(problem.upstream);
    kernel.backpropQuantizer(
        problem.normalized(),
        upstream,
        new QuantizerGradients(Nd4j.create(DataType.FLOAT, 1), null, 1));
    kernel.backward(problem.normalized(), upstream, TensorForm.PLAIN, problem.gradients);
    return Tensors.values(problem.gradients.input());
  }

  @Test
  void takesWholeRowsOnly() {
    assertTrue(kernel.fits(Nd4j.create(DataType.FLOAT, 2, 3, 3, 16)));
    assertFalse(kernel.fits(Nd4j.create(DataType.FLOAT, 1, 3, 3, 16)), "half a row is left");
    assertTrue(kernel.fits(Nd4j.create(DataType.FLOAT, 1, 1, 1, 48)));
    assertFalse(kernel.fits(Nd4j.create(DataType.FLOAT, 4, 4, 4, 24)), "24 channels");
    assertFalse(kernel.fits(Nd4j.create(DataType.FLOAT, 4, 4, 4, 40)), "40 channels");
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
