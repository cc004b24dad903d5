package org.lsq4j.compute;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.lsq4j.compute.Tensors.assertClose;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.compute.FakeQuantizeRun.Problem;
import org.lsq4j.compute.Tensors.Layout;
import org.lsq4j.quantizer.ChannelLayout;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.CodeSpan;
import org.lsq4j.quantizer.GoldenVectors;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.api.buffer.DataType;

/** Every engine quantizes as the equations say, in every shape, layout and setting. */
class FakeQuantizeContractTest {

  /** A shape, and the axis along which steps run; no axis per tensor. */
  private record Form(long[] shape, int axis) {
    static Form perTensor(long... shape) {
      return new Form(shape, -1);
    }

    static Form perChannel(int axis, long... shape) {
      return new Form(shape, axis);
    }

    @Override
    public String toString() {
      return Arrays.toString(shape) + (axis < 0 ? " per tensor" : " along axis " + axis);
    }
  }

  // Dense and convolution weights, sequences, images of both formats, every channel axis in use.
  private static final List<Form> FORMS =
      List.of(
          Form.perTensor(7, 5),
          Form.perTensor(3, 4, 6),
          Form.perTensor(2, 3, 4, 5),
          Form.perChannel(1, 7, 5),
          Form.perChannel(0, 6, 9),
          Form.perChannel(0, 4, 3, 2, 3),
          Form.perChannel(1, 2, 3, 4, 5),
          Form.perChannel(3, 2, 4, 3, 5),
          Form.perChannel(2, 3, 4, 6),
          Form.perChannel(1, 3, 1));

  private static final int FORMS_EACH = 4;

  static Stream<Arguments> golden() {
    return TestEngines.withTypes(GoldenVectors.cases());
  }

  @ParameterizedTest
  @MethodSource("golden")
  void equalsGoldenVectors(String engine, DataType type, GoldenVectors.Case golden) {
    FakeQuantizeKernel kernel = TestEngines.engine(engine, type).fakeQuantize();
    Problem problem = problem(golden);
    FakeQuantizeRun run = FakeQuantizeRun.kernel(kernel, problem, type, Layout.ROW_MAJOR);

    assertArrayEquals(golden.codes(), codes(run.xHat(), problem), "codes");
    double[] offset =
        golden.learnedOffset() ? golden.gradOffset() : new double[golden.step().length];
    FakeQuantizeRun expected =
        new FakeQuantizeRun(golden.xHat(), golden.gradX(), golden.gradStep(), offset);
    assertEqualRuns(expected, run, problem, type, "");
  }

  static Stream<Arguments> settings() {
    return TestEngines.withTypes(specs());
  }

  /** All bit widths with every sign, span and offset. */
  private static List<QuantizerSpec> specs() {
    List<QuantizerSpec> specs = new ArrayList<>();
    for (OffsetMode offset : OffsetMode.values()) {
      for (int bits = CodeRange.MIN_BITS; bits <= CodeRange.MAX_BITS; bits++) {
        specs.add(QuantizerSpec.activations(bits, CodeSign.UNSIGNED).withOffset(offset));
        if (bits > 1) {
          QuantizerSpec signed = QuantizerSpec.weights(bits).withOffset(offset);
          specs.add(signed);
          specs.add(signed.withSpan(CodeSpan.NARROW));
        }
      }
    }
    return specs;
  }

  @ParameterizedTest
  @MethodSource("settings")
  void equalsOracleInEveryFormAndLayout(String engine, DataType type, QuantizerSpec spec) {
    FakeQuantizeKernel kernel = TestEngines.engine(engine, type).fakeQuantize();
    // Forms and layouts take turns over the settings, because all combinations would take minutes.
    // One kernel serves all: what it keeps of one shape must not disturb the next.
    int round = specs().indexOf(spec);
    for (int i = 0; i < FORMS_EACH; i++) {
      Form form = FORMS.get((3 * i + round) % FORMS.size());
      Layout layout = Layout.values()[(i + round) % Layout.values().length];
      Problem problem = random(spec, form, 100L * round + i);
      FakeQuantizeRun run = FakeQuantizeRun.kernel(kernel, problem, type, layout);
      String what = form + " " + layout + ": ";
      assertEqualRuns(FakeQuantizeRun.oracle(problem), run, problem, type, what);
    }
  }

  @ParameterizedTest
  @MethodSource("settings")
  void tiesGoToEvenAndBoundsAreClipped(String engine, DataType type, QuantizerSpec spec) {
    FakeQuantizeKernel kernel = TestEngines.engine(engine, type).fakeQuantize();
    Problem problem = halfSteps(spec);
    FakeQuantizeRun expected = FakeQuantizeRun.oracle(problem);
    FakeQuantizeRun run = FakeQuantizeRun.kernel(kernel, problem, type, Layout.ROW_MAJOR);

    // Binary fractions: nothing is rounded but the codes, so all of these are exact.
    assertArrayEquals(expected.xHat(), run.xHat(), "xHat");
    assertArrayEquals(expected.input(), run.input(), "dL/dx");
    assertArrayEquals(expected.step(), run.step(), "dL/ds");
    assertArrayEquals(expected.offset(), run.offset(), "dL/dz");
  }

  static Stream<Arguments> bitWidths() {
    return TestEngines.withTypes(IntStream.rangeClosed(2, CodeRange.MAX_BITS).boxed().toList());
  }

  /** LSQ+'s configurations 3 and 4, where z3 = z4 + 2^(b-1) s. */
  @ParameterizedTest
  @MethodSource("bitWidths")
  void signedAndUnsignedWithOffsetAreTheSameFunction(String engine, DataType type, int bits) {
    FakeQuantizeKernel kernel = TestEngines.engine(engine, type).fakeQuantize();
    QuantizerSpec unsigned =
        QuantizerSpec.activations(bits, CodeSign.UNSIGNED).withOffset(OffsetMode.REAL);
    Problem four = random(unsigned, Form.perTensor(4, 3, 5, 5), bits);
    double shift = (1 << (bits - 1)) * four.step()[0];
    Problem three =
        new Problem(
            unsigned.withSign(CodeSign.SIGNED),
            four.shape(),
            four.channelAxis(),
            four.x(),
            four.step(),
            new double[] {four.offset()[0] + shift},
            four.upstream(),
            four.gradientScale());

    FakeQuantizeRun run3 = FakeQuantizeRun.kernel(kernel, three, type, Layout.ROW_MAJOR);
    FakeQuantizeRun run4 = FakeQuantizeRun.kernel(kernel, four, type, Layout.ROW_MAJOR);
    assertClose(run4.xHat(), run3.xHat(), tolerance(type) * magnitude(four.x()), "xHat");
    assertArrayEquals(run4.input(), run3.input(), "dL/dx");
  }

  /** A mask computed by multiplying differences would lose tiny ones and overflow on huge ones. */
  @ParameterizedTest
  @MethodSource("engines")
  void tinyValuesAreInsideTheRangeAndHugeOnesAreOutside(String engine) {
    FakeQuantizeKernel kernel = TestEngines.engine(engine, DataType.FLOAT).fakeQuantize();
    double[] x = {1e-25, -1e-25, 1e30, -1e30};
    double[] upstream = {1, 2, 3, 4};
    Problem problem =
        new Problem(
            QuantizerSpec.activations(4, CodeSign.UNSIGNED),
            new long[] {2, 2},
            -1,
            x,
            new double[] {1},
            new double[] {0},
            upstream,
            1);
    FakeQuantizeRun run = FakeQuantizeRun.kernel(kernel, problem, DataType.FLOAT, Layout.ROW_MAJOR);
    assertArrayEquals(new double[] {1, 0, 0, 0}, run.input());
    assertEquals(3 * 15, run.step()[0]);
  }

  /** As many elements as the input of a large layer has; a plain float sum would lose digits. */
  @ParameterizedTest
  @MethodSource("engines")
  void sumsOfManyElementsAreAccurate(String engine) {
    FakeQuantizeKernel kernel = TestEngines.engine(engine, DataType.FLOAT).fakeQuantize();
    int length = 1 << 20;
    double[] upstream = new double[length];
    Arrays.fill(upstream, 0.1);
    Problem problem =
        new Problem(
            QuantizerSpec.activations(4, CodeSign.UNSIGNED).withOffset(OffsetMode.REAL),
            new long[] {64, 16, 32, 32},
            -1,
            new Random(1).doubles(length, 0, 2).toArray(),
            new double[] {0.0625},
            new double[] {0},
            upstream,
            1);
    FakeQuantizeRun expected = FakeQuantizeRun.oracle(problem);
    FakeQuantizeRun run = FakeQuantizeRun.kernel(kernel, problem, DataType.FLOAT, Layout.ROW_MAJOR);
    assertEquals(expected.step()[0], run.step()[0], 1e-5 * expected.step()[0]);
    assertEquals(expected.offset()[0], run.offset()[0], 1e-5 * expected.offset()[0]);
  }

  static Stream<String> engines() {
    return ComputeEngines.names().stream();
  }

  private static Problem problem(GoldenVectors.Case golden) {
    return new Problem(
        golden.spec(),
        golden.shape(),
        golden.channelAxis() == null ? -1 : golden.channelAxis(),
        golden.x(),
        golden.step(),
        golden.offset(),
        golden.upstream(),
        golden.gradientScale());
  }

  private static Problem random(QuantizerSpec spec, Form form, long seed) {
    QuantizerSpec grained =
        spec.withGranularity(form.axis < 0 ? Granularity.PER_TENSOR : Granularity.PER_CHANNEL);
    int length = Math.toIntExact(Tensors.length(form.shape));
    ChannelLayout channels =
        form.axis < 0 ? ChannelLayout.PER_TENSOR : ChannelLayout.ofAxis(form.shape, form.axis);
    Random random = new Random(seed);
    double[] step = random.doubles(channels.channels(), 0.01, 0.5).toArray();
    // In units of the step, away from ties: Z = round(z / s) must be the same in float.
    double[] offset = new double[step.length];
    for (int i = 0; spec.learnsOffset() && i < offset.length; i++) {
      offset[i] = awayFromTies(random.nextGaussian() * 3) * step[i];
    }
    double[] x = new double[length];
    for (int i = 0; i < length; i++) {
      int channel = channels.channel(i);
      x[i] =
          position(random, spec.range()) * step[channel] + effective(spec, step, offset, channel);
    }
    return new Problem(
        grained, form.shape, form.axis, x, step, offset, Tensors.gaussian(~seed, length), 0.05);
  }

  /** u within and a little beyond the range, where float and double agree on code and mask. */
  private static double position(Random random, CodeRange range) {
    double beyond = 0.2 * range.levels();
    double u = range.lowest() - beyond + random.nextDouble() * (range.levels() + 2 * beyond);
    return awayFromTies(u);
  }

  /** The same or a near number that is no closer than 0.01 to a multiple of one half. */
  private static double awayFromTies(double u) {
    double tie = Math.rint(2 * u) / 2;
    return Math.abs(u - tie) < 0.01 ? tie + 0.01 : u;
  }

  private static double effective(QuantizerSpec spec, double[] step, double[] offset, int channel) {
    return spec.offset() == OffsetMode.INTEGER
        ? Math.rint(offset[channel] / step[channel]) * step[channel]
        : offset[channel];
  }

  /** Every multiple of half a step from below the range to above it; all are binary fractions. */
  private static Problem halfSteps(QuantizerSpec spec) {
    double step = 0.25;
    double offset = spec.learnsOffset() ? 0.5 : 0;
    double[] x =
        IntStream.rangeClosed(2 * spec.range().lowest() - 3, 2 * spec.range().highest() + 3)
            .mapToDouble(halves -> halves * step / 2 + offset)
            .toArray();
    double[] upstream = IntStream.range(0, x.length).mapToDouble(i -> i % 5 - 1.5).toArray();
    return new Problem(
        spec,
        new long[] {1, x.length},
        -1,
        x,
        new double[] {step},
        new double[] {offset},
        upstream,
        0.5);
  }

  private static int[] codes(double[] xHat, Problem problem) {
    int[] codes = new int[xHat.length];
    for (int i = 0; i < xHat.length; i++) {
      int channel = problem.channels().channel(i);
      codes[i] = (int) Math.rint((xHat[i] - problem.offset()[channel]) / problem.step()[channel]);
    }
    return codes;
  }

  private static void assertEqualRuns(
      FakeQuantizeRun expected,
      FakeQuantizeRun actual,
      Problem problem,
      DataType type,
      String what) {
    double relative = tolerance(type);
    double gradient = relative * problem.gradientMagnitude();
    double value = relative * magnitude(expected.xHat());
    double upstream = relative * magnitude(problem.upstream());
    assertClose(expected.xHat(), actual.xHat(), value, what + "xHat");
    assertClose(expected.input(), actual.input(), upstream, what + "dL/dx");
    assertClose(expected.step(), actual.step(), gradient, what + "dL/ds");
    assertClose(expected.offset(), actual.offset(), gradient, what + "dL/dz");
  }

  private static double magnitude(double[] values) {
    return Arrays.stream(values).map(Math::abs).max().orElse(0) + 1e-30;
  }

  private static double tolerance(DataType type) {
    return type == DataType.DOUBLE ? 1e-12 : 1e-5;
  }
}
