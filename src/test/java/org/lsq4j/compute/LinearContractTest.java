package org.lsq4j.compute;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
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
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Every engine's convolution and matrix product equal their definitions. */
class LinearContractTest {

  private static final int EXAMPLES = 2;
  private static final Size2D IMAGE = new Size2D(7, 6);

  /** A convolution without its format: each is run in both. */
  private record Setting(
      String name,
      int inputs,
      int outputs,
      int groups,
      Size2D kernel,
      Size2D stride,
      Size2D dilation,
      Padding2D padding,
      Size2D image) {

    Setting(
        String name,
        int inputs,
        int outputs,
        int groups,
        Size2D kernel,
        Size2D stride,
        Size2D dilation,
        Padding2D padding) {
      this(name, inputs, outputs, groups, kernel, stride, dilation, padding, IMAGE);
    }

    ConvolutionGeometry geometry(CNN2DFormat format) {
      return new ConvolutionGeometry(format, groups, kernel, stride, dilation, padding);
    }

    long[] inputShape(CNN2DFormat format) {
      return format == CNN2DFormat.NCHW
          ? new long[] {EXAMPLES, inputs, image.height(), image.width()}
          : new long[] {EXAMPLES, image.height(), image.width(), inputs};
    }

    long[] weightShape() {
      return new long[] {outputs, inputs / groups, kernel.height(), kernel.width()};
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static final Size2D TWO = new Size2D(2, 2);
  private static final Size2D THREE = new Size2D(3, 3);
  private static final Padding2D NONE = Padding2D.NONE;
  private static final Padding2D ONE_AROUND = Padding2D.symmetric(1, 1);
  private static final Padding2D BEHIND = new Padding2D(0, 0, 1, 1);
  private static final Padding2D ODD = new Padding2D(2, 0, 1, 3);

  private static final List<Setting> SETTINGS =
      List.of(
          new Setting("plain", 3, 4, 1, THREE, Size2D.ONE, Size2D.ONE, NONE),
          new Setting("one channel", 1, 4, 1, THREE, Size2D.ONE, Size2D.ONE, NONE),
          new Setting("1 x 1", 5, 3, 1, Size2D.ONE, Size2D.ONE, Size2D.ONE, NONE),
          new Setting("1 x 1 stride 2", 5, 3, 1, Size2D.ONE, TWO, Size2D.ONE, NONE),
          new Setting("padded", 3, 4, 1, THREE, Size2D.ONE, Size2D.ONE, ONE_AROUND),
          new Setting("uneven", 3, 4, 1, new Size2D(3, 2), new Size2D(2, 1), Size2D.ONE, NONE),
          new Setting("same, stride 2", 3, 4, 1, THREE, TWO, Size2D.ONE, ONE_AROUND),
          new Setting("padded behind", 3, 4, 1, THREE, TWO, Size2D.ONE, BEHIND),
          new Setting("padded oddly", 3, 4, 1, THREE, Size2D.ONE, Size2D.ONE, ODD),
          new Setting("dilated", 3, 4, 1, TWO, Size2D.ONE, new Size2D(2, 3), ONE_AROUND),
          new Setting("groups", 4, 6, 2, THREE, Size2D.ONE, Size2D.ONE, ONE_AROUND),
          new Setting("groups, odd", 6, 9, 3, TWO, TWO, Size2D.ONE, ODD),
          new Setting("depthwise", 4, 4, 4, THREE, Size2D.ONE, Size2D.ONE, ONE_AROUND),
          new Setting("depthwise, stride 2", 4, 4, 4, THREE, TWO, Size2D.ONE, BEHIND),
          new Setting("groups, dilated", 4, 6, 2, TWO, Size2D.ONE, TWO, ODD),
          new Setting("depthwise, dilated", 4, 4, 4, TWO, Size2D.ONE, TWO, ONE_AROUND),
          new Setting("multiplier 3", 2, 6, 2, THREE, Size2D.ONE, TWO, ONE_AROUND),
          new Setting(
              "sequence, causal",
              3,
              4,
              1,
              new Size2D(3, 1),
              Size2D.ONE,
              TWO,
              new Padding2D(4, 0, 0, 0)),
          ofOnePixel("one pixel", 1, Size2D.ONE, NONE),
          ofOnePixel("one pixel, groups", 2, Size2D.ONE, NONE),
          ofOnePixel("one pixel, padded", 1, THREE, ONE_AROUND),
          ofOnePixel("one pixel, padding alone", 1, Size2D.ONE, ONE_AROUND));

  private static Setting ofOnePixel(String name, int groups, Size2D kernel, Padding2D padding) {
    return new Setting(name, 4, 6, groups, kernel, Size2D.ONE, Size2D.ONE, padding, Size2D.ONE);
  }

  static Stream<Arguments> convolutions() {
    List<Arguments> cases = new ArrayList<>();
    for (Setting setting : SETTINGS) {
      for (CNN2DFormat format : CNN2DFormat.values()) {
        cases.add(Arguments.of(format, setting));
      }
    }
    return TestEngines.withTypes(cases).map(LinearContractTest::flattened);
  }

  private static Arguments flattened(Arguments nested) {
    Object[] outer = nested.get();
    Object[] inner = ((Arguments) outer[2]).get();
    return Arguments.of(outer[0], outer[1], inner[0], inner[1]);
  }

  @ParameterizedTest
  @MethodSource("convolutions")
  void convolutionForward(String engine, DataType type, CNN2DFormat format, Setting setting) {
    ConvolutionGeometry geometry = setting.geometry(format);
    LinearKernel kernel = TestEngines.engine(engine, type).convolution(geometry);
    NaiveConvolution naive = naive(geometry, setting, format);
    double[] x = Tensors.gaussian(1, length(setting.inputShape(format)));
    double[] w = Tensors.gaussian(2, length(setting.weightShape()));
    double[] bias = Tensors.gaussian(3, setting.outputs);
    for (Layout layout : Layout.values()) {
      INDArray input = layout.arrange(Tensors.of(x, type, setting.inputShape(format)));
      INDArray weights = Tensors.of(w, type, setting.weightShape());
      INDArray y = garbage(type, geometry.outputShape(input.shape(), setting.outputs));
      kernel.forward(Operand.plain(input), Operand.plain(weights), null, y);
      assertClose(naive.forward(x, w, null), y, tolerance(type), layout + " without bias");
      kernel.forward(Operand.plain(input), Operand.plain(weights), Tensors.vector(type, bias), y);
      assertClose(naive.forward(x, w, bias), y, tolerance(type), layout + " with bias");
      assertClose(x, input, 1e-6, "x is not changed");
    }
  }

  @ParameterizedTest
  @MethodSource("convolutions")
  void convolutionBackward(String engine, DataType type, CNN2DFormat format, Setting setting) {
    ConvolutionGeometry geometry = setting.geometry(format);
    LinearKernel kernel = TestEngines.engine(engine, type).convolution(geometry);
    NaiveConvolution naive = naive(geometry, setting, format);
    double[] x = Tensors.gaussian(1, length(setting.inputShape(format)));
    double[] w = Tensors.gaussian(2, length(setting.weightShape()));
    long[] outputShape = geometry.outputShape(setting.inputShape(format), setting.outputs);
    double[] dy = Tensors.gaussian(4, length(outputShape));
    for (Layout layout : Layout.values()) {
      Operand input =
          Operand.plain(layout.arrange(Tensors.of(x, type, setting.inputShape(format))));
      Operand weights = Operand.plain(Tensors.of(w, type, setting.weightShape()));
      INDArray upstream = layout.arrange(Tensors.of(dy, type, outputShape));
      LinearGradients gradients =
          new LinearGradients(
              garbage(type, setting.inputShape(format)),
              garbage(type, setting.weightShape()),
              garbage(type, setting.outputs));
      kernel.forward(input, weights, null, garbage(type, outputShape));
      kernel.backward(input, weights, upstream, gradients);
      double tolerance = tolerance(type);
      assertClose(naive.inputGradient(w, dy), gradients.input(), tolerance, layout + " dx");
      assertClose(naive.weightGradient(x, dy), gradients.weights(), tolerance, layout + " dw");
      assertClose(naive.biasGradient(dy), gradients.bias(), tolerance, layout + " db");
      assertClose(dy, upstream, 1e-6, "dy is not changed");
    }
  }

  /** The first layer of a network needs no dL/dx, and not every layer has a bias. */
  @ParameterizedTest
  @MethodSource("settings")
  void convolutionBackwardComputesOnlyWhatIsAsked(String engine, Setting setting) {
    ConvolutionGeometry geometry = setting.geometry(CNN2DFormat.NCHW);
    LinearKernel kernel = TestEngines.engine(engine, DataType.FLOAT).convolution(geometry);
    INDArray x = Tensors.gaussian(1, DataType.FLOAT, setting.inputShape(CNN2DFormat.NCHW));
    INDArray w = Tensors.gaussian(2, DataType.FLOAT, setting.weightShape());
    long[] outputShape = geometry.outputShape(x.shape(), setting.outputs);
    INDArray dy = Tensors.gaussian(4, DataType.FLOAT, outputShape);
    INDArray dw = garbage(DataType.FLOAT, w.shape());
    kernel.forward(Operand.plain(x), Operand.plain(w), null, dy.ulike());
    kernel.backward(Operand.plain(x), Operand.plain(w), dy, new LinearGradients(null, dw, null));
    double[] expected =
        naive(geometry, setting, CNN2DFormat.NCHW)
            .weightGradient(Tensors.values(x), Tensors.values(dy));
    assertClose(expected, dw, tolerance(DataType.FLOAT), "dw");
  }

  static Stream<Arguments> settings() {
    return TestEngines.with(SETTINGS);
  }

  static Stream<Arguments> everyEngineAndType() {
    return TestEngines.withTypes(List.of(Layout.values()));
  }

  /** A layer may see other batch and image sizes at any time: a last batch, an evaluation. */
  @ParameterizedTest
  @MethodSource("everyEngineAndType")
  void oneKernelServesChangingSizes(String engine, DataType type, Layout layout) {
    Setting setting = SETTINGS.get(7);
    ConvolutionGeometry geometry = setting.geometry(CNN2DFormat.NCHW);
    LinearKernel kernel = TestEngines.engine(engine, type).convolution(geometry);
    INDArray w = Tensors.gaussian(2, type, setting.weightShape());
    long[][] shapes = {{4, 3, 7, 6}, {1, 3, 7, 6}, {4, 3, 9, 5}, {4, 3, 7, 6}};
    for (long[] shape : shapes) {
      INDArray x = layout.arrange(Tensors.gaussian(5, type, shape));
      INDArray y = garbage(type, geometry.outputShape(shape, setting.outputs));
      kernel.forward(Operand.plain(x), Operand.plain(w), null, y);
      double[] expected =
          new NaiveConvolution(geometry, shape, w.shape())
              .forward(Tensors.values(x), Tensors.values(w), null);
      assertClose(expected, y, tolerance(type), "y");
    }
  }

  @ParameterizedTest
  @MethodSource("everyEngineAndType")
  void matrixProduct(String engine, DataType type, Layout layout) {
    LinearKernel kernel = TestEngines.engine(engine, type).matrixProduct();
    INDArray x = layout.arrange(Tensors.gaussian(1, type, 5, 4));
    // As in DL4J: a column major view of the flat parameters.
    INDArray w = Tensors.gaussian(2, type, 14).get(NDArrayIndex.interval(2, 14)).reshape('f', 4, 3);
    INDArray bias = Tensors.gaussian(3, type, 3);
    INDArray y = garbage(type, 5, 3);
    kernel.forward(Operand.plain(x), Operand.plain(w), null, y);
    assertClose(naiveProduct(x, w), y, tolerance(type), "x W");
    kernel.forward(Operand.plain(x), Operand.plain(w), bias, y);
    INDArray rows = Nd4j.vstack(bias, bias, bias, bias, bias);
    assertClose(naiveProduct(x, w), y.sub(rows), tolerance(type), "x W + b");
  }

  @ParameterizedTest
  @MethodSource("everyEngineAndType")
  void matrixProductBackward(String engine, DataType type, Layout layout) {
    LinearKernel kernel = TestEngines.engine(engine, type).matrixProduct();
    INDArray x = layout.arrange(Tensors.gaussian(1, type, 5, 4));
    INDArray w = Tensors.gaussian(2, type, 12).reshape('f', 4, 3);
    INDArray dy = layout.arrange(Tensors.gaussian(4, type, 5, 3));
    INDArray dw = garbage(type, 12).reshape('f', 4, 3);
    LinearGradients gradients = new LinearGradients(garbage(type, 5, 4), dw, garbage(type, 3));
    kernel.forward(Operand.plain(x), Operand.plain(w), null, garbage(type, 5, 3));
    kernel.backward(Operand.plain(x), Operand.plain(w), dy, gradients);
    INDArray ones = Nd4j.ones(type, 1, 5);
    assertClose(naiveProduct(dy, w.transpose()), gradients.input(), tolerance(type), "dx");
    assertClose(naiveProduct(x.transpose(), dy), dw, tolerance(type), "dw");
    assertClose(naiveProduct(ones, dy), gradients.bias(), tolerance(type), "db");

    INDArray alone = dw.ulike();
    kernel.backward(Operand.plain(x), Operand.plain(w), dy, new LinearGradients(null, alone, null));
    assertArrayEquals(Tensors.values(dw), Tensors.values(alone), "dw alone");
  }

  private static double[] naiveProduct(INDArray a, INDArray b) {
    int rows = (int) a.size(0);
    int columns = (int) b.size(1);
    double[] product = new double[rows * columns];
    for (int i = 0; i < product.length; i++) {
      for (int k = 0; k < a.size(1); k++) {
        product[i] += a.getDouble(i / columns, k) * b.getDouble(k, i % columns);
      }
    }
    return product;
  }

  private static NaiveConvolution naive(
      ConvolutionGeometry geometry, Setting setting, CNN2DFormat format) {
    return new NaiveConvolution(geometry, setting.inputShape(format), setting.weightShape());
  }

  /** A result must be overwritten, not added to. */
  private static INDArray garbage(DataType type, long... shape) {
    return Nd4j.valueArrayOf(shape, 1e3, type);
  }

  private static int length(long[] shape) {
    return Math.toIntExact(Tensors.length(shape));
  }

  private static double tolerance(DataType type) {
    return type == DataType.DOUBLE ? 1e-11 : 2e-4;
  }
}
