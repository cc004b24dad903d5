package org.lsq4j.compute;

import static org.lsq4j.compute.Tensors.assertClose;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.compute.Tensors.Layout;
import org.lsq4j.quantizer.ChannelLayout;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Every engine's batch normalization equals its definition. */
class BatchNormContractTest {

  private static final double EPSILON = 1e-3;

  /** An input. */
  private record Form(String name, int channelAxis, Rectifier rectifier, long[] shape) {
    @Override
    public String toString() {
      return name + ", " + rectifier;
    }
  }

  private static final long[] MANY_PIXELS = {8, 33, 16, 8};

  private static final List<Form> FORMS =
      Arrays.stream(Rectifier.values())
          .flatMap(
              rectifier ->
                  Stream.of(
                      new Form("matrix", 1, rectifier, new long[] {9, 4}),
                      new Form("NCHW", 1, rectifier, new long[] {3, 4, 5, 2}),
                      new Form("NHWC", 3, rectifier, new long[] {3, 5, 2, 4}),
                      new Form("vectors of channels", 3, rectifier, new long[] {5, 9, 7, 16}),
                      new Form("few channels, several tiles", 3, rectifier, MANY_PIXELS),
                      new Form("rows of channels", 3, rectifier, new long[] {4, 9, 3, 96}),
                      new Form("wide matrix", 1, rectifier, new long[] {9, 48}),
                      new Form("one channel", 1, rectifier, new long[] {3, 1, 5, 2}),
                      new Form("many channels", 1, rectifier, new long[] {2, 70, 3, 3})))
          .toList();

  static Stream<Arguments> forms() {
    return TestEngines.withTypes(FORMS);
  }

  @ParameterizedTest
  @MethodSource("forms")
  void training(String engine, DataType type, Form form) {
    BatchNormKernel kernel = kernel(engine, type, form);
    Naive naive = new Naive(form);
    for (Layout layout : Layout.values()) {
      INDArray x = layout.arrange(Tensors.of(naive.x, type, form.shape));
      BatchNormTensors tensors = naive.tensors(type);
      // Statistics of the batch replace what was there.
      tensors.mean().assign(7);
      tensors.variance().assign(7);
      INDArray y = x.dup('c').assign(1e3);
      kernel.forwardTraining(x, tensors, y);
      assertClose(naive.mean, tensors.mean(), tolerance(type), layout + " mean");
      assertClose(naive.variance, tensors.variance(), tolerance(type), layout + " variance");
      assertClose(naive.output(), y, tolerance(type), layout + " y");
      assertClose(naive.x, x, 1e-6, "x is not changed");
    }
  }

  @ParameterizedTest
  @MethodSource("forms")
  void inference(String engine, DataType type, Form form) {
    BatchNormKernel kernel = kernel(engine, type, form);
    Naive naive = new Naive(form);
    INDArray x = Tensors.of(naive.x, type, form.shape);
    INDArray y = x.ulike();
    naive.mean = Tensors.gaussian(8, naive.mean.length);
    Arrays.setAll(naive.variance, i -> 0.5 + i % 3);
    kernel.forwardInference(x, naive.tensors(type), y);
    assertClose(naive.output(), y, tolerance(type), "y");
  }

  @ParameterizedTest
  @MethodSource("forms")
  void backward(String engine, DataType type, Form form) {
    BatchNormKernel kernel = kernel(engine, type, form);
    Naive naive = new Naive(form);
    for (Layout layout : Layout.values()) {
      INDArray x = layout.arrange(Tensors.of(naive.x, type, form.shape));
      INDArray dy = layout.arrange(Tensors.of(naive.dy, type, form.shape));
      BatchNormTensors tensors = naive.tensors(type);
      kernel.forwardTraining(x, tensors, x.dup('c'));
      BatchNormGradients gradients =
          new BatchNormGradients(x.dup('c'), tensors.gamma().dup(), tensors.beta().dup());
      kernel.backward(x, tensors, dy, gradients);
      double tolerance = tolerance(type);
      assertSums(naive.gammaGradient(), gradients.gamma(), tolerance, layout + " dgamma");
      assertSums(naive.betaGradient(), gradients.beta(), tolerance, layout + " dbeta");
      assertClose(naive.inputGradient(), gradients.input(), tolerance, layout + " dx");
    }
  }

  /** Sums over many pixels are as exact as their size allows. */
  private static void assertSums(double[] expected, INDArray actual, double tolerance, String of) {
    double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    assertClose(expected, actual, tolerance * Math.max(1, largest), of);
  }

  private static BatchNormKernel kernel(String engine, DataType type, Form form) {
    return TestEngines.engine(engine, type).batchNorm(form.channelAxis, EPSILON, form.rectifier);
  }

  private static double tolerance(DataType type) {
    // ND4J's operations take epsilon and 1 / N as floats even if everything else is double.
    return type == DataType.DOUBLE ? 1e-7 : 2e-5;
  }

  /** The definition on plain arrays. */
  private static final class Naive {
    private final ChannelLayout layout;
    private final Rectifier rectifier;
    private final double[] x;
    private final double[] dy;
    private final double[] gamma;
    private final double[] beta;
    private double[] mean;
    private final double[] variance;

    Naive(Form form) {
      layout = ChannelLayout.ofAxis(form.shape, form.channelAxis);
      rectifier = form.rectifier;
      int length = Math.toIntExact(Tensors.length(form.shape));
      x = Arrays.stream(Tensors.gaussian(1, length)).map(v -> 2 * v + 1).toArray();
      dy = Tensors.gaussian(2, length);
      gamma = Tensors.gaussian(3, layout.channels());
      beta = Tensors.gaussian(4, layout.channels());
      mean = means(x);
      variance = means(eachElement(i -> square(x[i] - mean[layout.channel(i)])));
    }

    BatchNormTensors tensors(DataType type) {
      return new BatchNormTensors(
          Tensors.vector(type, gamma),
          Tensors.vector(type, beta),
          Tensors.vector(type, mean),
          Tensors.vector(type, variance));
    }

    double[] output() {
      return eachElement(i -> passes(i) ? affine(i) : 0);
    }

    private double affine(int i) {
      return gamma[layout.channel(i)] * normalized(i) + beta[layout.channel(i)];
    }

    private boolean passes(int i) {
      return rectifier == Rectifier.NONE || affine(i) > 0;
    }

    /** The gradient in front of the rectifier. */
    private double upstream(int i) {
      return passes(i) ? dy[i] : 0;
    }

    double[] betaGradient() {
      return sums(eachElement(this::upstream));
    }

    double[] gammaGradient() {
      return sums(eachElement(i -> upstream(i) * normalized(i)));
    }

    double[] inputGradient() {
      double[] meanDy = means(eachElement(this::upstream));
      double[] meanProduct = means(eachElement(i -> upstream(i) * normalized(i)));
      return eachElement(
          i -> {
            int c = layout.channel(i);
            double centered = upstream(i) - meanDy[c] - normalized(i) * meanProduct[c];
            return gamma[c] / Math.sqrt(variance[c] + EPSILON) * centered;
          });
    }

    private double normalized(int i) {
      int c = layout.channel(i);
      return (x[i] - mean[c]) / Math.sqrt(variance[c] + EPSILON);
    }

    private double[] eachElement(IntToDoubleFunction value) {
      return IntStream.range(0, x.length).mapToDouble(value).toArray();
    }

    private double[] means(double[] values) {
      int each = values.length / layout.channels();
      return Arrays.stream(sums(values)).map(sum -> sum / each).toArray();
    }

    private double[] sums(double[] values) {
      double[] sums = new double[layout.channels()];
      for (int i = 0; i < values.length; i++) {
        sums[layout.channel(i)] += values[i];
      }
      return sums;
    }

    private static double square(double value) {
      return value * value;
    }
  }
}
