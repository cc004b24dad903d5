package org.lsq4j.compute;

import static org.lsq4j.compute.Tensors.assertClose;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.compute.Tensors.Layout;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** On every engine a transposed convolution is the transpose of a convolution's definition. */
class TransposedConvolutionTest {

  private static final int EXAMPLES = 2;
  private static final int INPUTS = 3;
  private static final int OUTPUTS = 4;
  private static final int HEIGHT = 7;
  private static final int WIDTH = 6;
  private static final Size2D TWO = new Size2D(2, 2);
  private static final Size2D THREE = new Size2D(3, 3);

  private record Setting(Size2D kernel, Size2D stride, Size2D dilation, Padding2D padding) {}

  private static final List<Setting> SETTINGS =
      List.of(
          new Setting(THREE, Size2D.ONE, Size2D.ONE, Padding2D.NONE),
          new Setting(THREE, TWO, Size2D.ONE, Padding2D.symmetric(1, 1)),
          new Setting(THREE, TWO, Size2D.ONE, new Padding2D(0, 0, 1, 1)),
          new Setting(TWO, new Size2D(3, 2), Size2D.ONE, Padding2D.NONE),
          new Setting(TWO, Size2D.ONE, TWO, new Padding2D(2, 0, 1, 1)));

  static Stream<Arguments> cases() {
    List<ConvolutionGeometry> geometries = new ArrayList<>();
    for (Setting s : SETTINGS) {
      for (CNN2DFormat format : CNN2DFormat.values()) {
        geometries.add(
            new ConvolutionGeometry(format, 1, s.kernel, s.stride, s.dilation, s.padding));
      }
    }
    return TestEngines.withTypes(geometries);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void computesTheTranspose(String engine, DataType type, ConvolutionGeometry geometry) {
    long[] yShape = shape(geometry);
    long[] wShape = {INPUTS, OUTPUTS, geometry.kernel().height(), geometry.kernel().width()};
    long[] xShape = geometry.outputShape(yShape, INPUTS);
    NaiveConvolution naive = new NaiveConvolution(geometry, yShape, wShape);
    double[] x = Tensors.gaussian(1, length(xShape));
    double[] w = Tensors.gaussian(2, length(wShape));
    double[] bias = Tensors.gaussian(3, OUTPUTS);
    double[] dy = Tensors.gaussian(4, length(yShape));
    double tolerance = type == DataType.DOUBLE ? 1e-11 : 2e-4;
    TransposedConvolution kernel =
        new TransposedConvolution(TestEngines.engine(engine, type), geometry);
    Operand weights = Operand.plain(Tensors.of(w, type, wShape));
    for (Layout layout : Layout.values()) {
      Operand input = Operand.plain(layout.arrange(Tensors.of(x, type, xShape)));
      INDArray y = garbage(type, yShape);
      kernel.forward(input, weights, null, y);
      double[] product = naive.inputGradient(w, x);
      assertClose(product, y, tolerance, layout + " without bias");
      kernel.forward(input, weights, Tensors.vector(type, bias), y);
      assertClose(withBias(product, bias, geometry), y, tolerance, layout + " with bias");

      LinearGradients gradients =
          new LinearGradients(garbage(type, xShape), garbage(type, wShape), garbage(type, OUTPUTS));
      kernel.backward(input, weights, layout.arrange(Tensors.of(dy, type, yShape)), gradients);
      assertClose(naive.forward(dy, w, null), gradients.input(), tolerance, layout + " dx");
      assertClose(naive.weightGradient(dy, x), gradients.weights(), tolerance, layout + " dw");
      assertClose(sums(dy, geometry), gradients.bias(), tolerance, layout + " db");
      assertClose(x, input.values(), 1e-6, "x is not changed");
    }
  }

  private static double[] withBias(double[] y, double[] bias, ConvolutionGeometry geometry) {
    double[] sum = y.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += bias[channel(i, geometry)];
    }
    return sum;
  }

  private static double[] sums(double[] dy, ConvolutionGeometry geometry) {
    double[] sums = new double[OUTPUTS];
    for (int i = 0; i < dy.length; i++) {
      sums[channel(i, geometry)] += dy[i];
    }
    return sums;
  }

  private static int channel(int index, ConvolutionGeometry geometry) {
    return (geometry.format() == CNN2DFormat.NCHW ? index / (HEIGHT * WIDTH) : index) % OUTPUTS;
  }

  private static long[] shape(ConvolutionGeometry geometry) {
    return geometry.format() == CNN2DFormat.NCHW
        ? new long[] {EXAMPLES, OUTPUTS, HEIGHT, WIDTH}
        : new long[] {EXAMPLES, HEIGHT, WIDTH, OUTPUTS};
  }

  private static INDArray garbage(DataType type, long... shape) {
    return Nd4j.valueArrayOf(shape, Double.NaN, type);
  }

  private static int length(long[] shape) {
    return Math.toIntExact(Tensors.length(shape));
  }
}
