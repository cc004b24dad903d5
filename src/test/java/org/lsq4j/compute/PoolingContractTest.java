package org.lsq4j.compute;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.compute.Tensors.assertClose;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.Shape;
import org.nd4j.linalg.factory.Nd4j;

/** Every engine pools as the definition says, which is computed here pixel by pixel. */
class PoolingContractTest {

  private static final int CHANNELS = 5;

  /** A window on images of a size, in both formats and all kinds. */
  private record Window(Size2D image, Size2D kernel, Size2D stride, Padding2D padding) {}

  private static final List<Window> WINDOWS =
      List.of(
          new Window(new Size2D(6, 8), new Size2D(2, 2), new Size2D(2, 2), Padding2D.NONE),
          // pixels that no window reaches
          new Window(new Size2D(7, 5), new Size2D(2, 2), new Size2D(2, 2), Padding2D.NONE),
          new Window(new Size2D(9, 6), new Size2D(3, 1), new Size2D(4, 3), Padding2D.NONE),
          // overlapping windows: a pixel gets several gradients
          new Window(
              new Size2D(7, 6), new Size2D(3, 3), new Size2D(2, 1), Padding2D.symmetric(1, 1)),
          new Window(
              new Size2D(5, 5), new Size2D(3, 2), new Size2D(1, 1), Padding2D.symmetric(2, 0)),
          // that of DL4J's Same mode, whose odd zero is behind
          new Window(
              new Size2D(7, 7), new Size2D(2, 2), new Size2D(2, 2), new Padding2D(0, 0, 1, 1)),
          new Window(
              new Size2D(8, 5), new Size2D(3, 4), new Size2D(2, 2), new Padding2D(0, 1, 1, 2)),
          new Window(new Size2D(4, 6), new Size2D(4, 6), Size2D.ONE, Padding2D.NONE));

  static Stream<Arguments> cases() {
    List<Arguments> cases = new ArrayList<>();
    for (PoolingKind kind : PoolingKind.values()) {
      for (CNN2DFormat format : CNN2DFormat.values()) {
        for (Window window : WINDOWS) {
          cases.add(Arguments.of(window.image(), geometry(kind, format, window)));
        }
      }
    }
    return TestEngines.withTypes(cases)
        .map(
            a -> {
              Object[] inner = ((Arguments) a.get()[2]).get();
              return Arguments.of(a.get()[0], a.get()[1], inner[0], inner[1]);
            });
  }

  private static PoolingGeometry geometry(PoolingKind kind, CNN2DFormat format, Window window) {
    return new PoolingGeometry(kind, format, window.kernel(), window.stride(), window.padding());
  }

  private static long[] shape(CNN2DFormat format, int examples, Size2D image) {
    return format == CNN2DFormat.NCHW
        ? new long[] {examples, CHANNELS, image.height(), image.width()}
        : new long[] {examples, image.height(), image.width(), CHANNELS};
  }

  @ParameterizedTest
  @MethodSource("cases")
  void forwardAndBackward(String engine, DataType type, Size2D image, PoolingGeometry geometry) {
    PoolingKernel kernel = TestEngines.engine(engine, type).pooling(geometry);
    for (Tensors.Layout layout : Tensors.Layout.values()) {
      // Batches of other sizes, and one that was there before.
      for (int examples : new int[] {3, 1, 3}) {
        long[] shape = shape(geometry.format(), examples, image);
        INDArray x = layout.arrange(Tensors.gaussian(examples, type, shape));
        check(kernel, geometry, layout, x);
      }
    }
  }

  private static void check(
      PoolingKernel kernel, PoolingGeometry geometry, Tensors.Layout layout, INDArray x) {
    DataType type = x.dataType();
    Oracle oracle = new Oracle(geometry, x);
    long[] outputShape = geometry.outputShape(x.shape());
    INDArray y = filled(type, outputShape);
    kernel.forwardInference(x, y);
    assertClose(Tensors.values(oracle.y), y, 1e-5, "y in inference");
    y = filled(type, outputShape);
    INDArray before = x.dup();
    kernel.forwardTraining(x, y);
    assertClose(Tensors.values(oracle.y), y, 1e-5, "y in training");

    INDArray other = Tensors.gaussian(77, type, x.shape());
    kernel.forwardInference(other, y.dup('c'));
    INDArray dy = layout.arrange(Tensors.gaussian(9, type, outputShape));
    INDArray upstream = dy.dup();
    INDArray dx = filled(type, x.shape());
    kernel.backward(x, dy, dx);
    assertClose(Tensors.values(oracle.gradient(dy)), dx, 1e-5, "dx");
    assertEquals(before, x, "x is not changed");
    assertEquals(upstream, dy, "dy is not changed");
  }

  private static INDArray filled(DataType type, long[] shape) {
    return Nd4j.valueArrayOf(shape, 1e3, type);
  }

  static Stream<Arguments> engines() {
    return TestEngines.withTypes(List.of(CNN2DFormat.values()));
  }

  @ParameterizedTest
  @MethodSource("engines")
  void theFirstOfEqualMaximaHasTheGradient(String engine, DataType type, CNN2DFormat format) {
    Size2D two = new Size2D(2, 2);
    PoolingKernel kernel =
        TestEngines.engine(engine, type)
            .pooling(new PoolingGeometry(PoolingKind.MAXIMUM, format, two, two, Padding2D.NONE));
    // In one channel and one row both formats are the same.
    INDArray x =
        Tensors.of(new double[] {0, 0, 1, 3, 0, 0, 3, 3}, type, 2, 4)
            .reshape('c', shapeOfOne(format, 2, 4));
    INDArray y = Nd4j.create(type, shapeOfOne(format, 1, 2));
    kernel.forwardTraining(x, y);
    assertClose(new double[] {0, 3}, y, 0, "y");
    INDArray dx = x.dup('c');
    kernel.backward(x, Tensors.vector(type, 5, 7).reshape('c', y.shape()), dx);
    assertClose(new double[] {5, 0, 0, 7, 0, 0, 0, 0}, dx, 0, "dx");
  }

  private static long[] shapeOfOne(CNN2DFormat format, long height, long width) {
    return format == CNN2DFormat.NCHW
        ? new long[] {1, 1, height, width}
        : new long[] {1, height, width, 1};
  }

  /** A result need not be row major. */
  @ParameterizedTest
  @MethodSource("engines")
  void resultsMayLieInAnyWay(String engine, DataType type, CNN2DFormat format) {
    PoolingGeometry geometry = geometry(PoolingKind.MAXIMUM, format, WINDOWS.get(3));
    PoolingKernel kernel = TestEngines.engine(engine, type).pooling(geometry);
    INDArray x = Tensors.gaussian(4, type, shape(format, 2, WINDOWS.get(3).image()));
    long[] outputShape = geometry.outputShape(x.shape());
    INDArray dy = Tensors.gaussian(5, type, outputShape);
    Oracle oracle = new Oracle(geometry, x);
    for (Tensors.Layout layout : Tensors.Layout.values()) {
      INDArray y = layout.arrange(filled(type, outputShape));
      kernel.forwardTraining(x, y);
      assertClose(Tensors.values(oracle.y), y, 1e-5, "y");
      INDArray dx = layout.arrange(filled(type, x.shape()));
      kernel.backward(x, dy, dx);
      assertClose(Tensors.values(oracle.gradient(dy)), dx, 1e-5, "dx");
    }
  }

  @Test
  void outputShapesCountWholeWindows() {
    long[] expected = {3, 2, 3, 5};
    PoolingGeometry geometry = geometry(PoolingKind.AVERAGE, CNN2DFormat.NHWC, WINDOWS.get(2));
    assertArrayEquals(
        new long[] {3, 2, 2, CHANNELS},
        geometry.outputShape(shape(CNN2DFormat.NHWC, 3, WINDOWS.get(2).image())));
    geometry = geometry(PoolingKind.AVERAGE, CNN2DFormat.NCHW, WINDOWS.get(0));
    assertArrayEquals(expected, geometry.outputShape(new long[] {3, 2, 7, 10}));
  }

  @Test
  void refusesPaddingOfTheWindowsSize() {
    Size2D two = new Size2D(2, 3);
    for (Padding2D padding : List.of(Padding2D.symmetric(2, 0), new Padding2D(0, 0, 0, 3))) {
      IllegalArgumentException thrown =
          assertThrows(
              IllegalArgumentException.class,
              () -> new PoolingGeometry(PoolingKind.AVERAGE, CNN2DFormat.NCHW, two, two, padding));
      assertTrue(thrown.getMessage().contains("less than the window of 2 x 3"), thrown.toString());
    }
  }

  /** Pooling by its definition, on logical sizes [N, C, H, W]. */
  private static final class Oracle {
    private final PoolingGeometry geometry;
    private final INDArray x;
    private final INDArray y;

    Oracle(PoolingGeometry geometry, INDArray x) {
      this.geometry = geometry;
      this.x = x.castTo(DataType.DOUBLE);
      y = Nd4j.create(DataType.DOUBLE, geometry.outputShape(x.shape()));
      forEachOutput(
          output -> {
            List<long[]> pixels = pixels(output);
            double result =
                geometry.kind() == PoolingKind.MAXIMUM
                    ? this.x.getDouble(largest(pixels))
                    : pixels.stream().mapToDouble(this.x::getDouble).sum() / divisor(pixels);
            y.putScalar(output, result);
          });
    }

    INDArray gradient(INDArray dy) {
      INDArray dx = Nd4j.create(DataType.DOUBLE, x.shape());
      forEachOutput(
          output -> {
            List<long[]> pixels = pixels(output);
            if (geometry.kind() == PoolingKind.MAXIMUM) {
              add(dx, largest(pixels), dy.getDouble(output));
            } else {
              double each = dy.getDouble(output) / divisor(pixels);
              pixels.forEach(pixel -> add(dx, pixel, each));
            }
          });
      return dx;
    }

    private static void add(INDArray dx, long[] pixel, double value) {
      dx.putScalar(pixel, dx.getDouble(pixel) + value);
    }

    private double divisor(List<long[]> pixels) {
      return geometry.kind() == PoolingKind.AVERAGE
          ? pixels.size()
          : geometry.kernel().height() * geometry.kernel().width();
    }

    private long[] largest(List<long[]> pixels) {
      long[] largest = pixels.get(0);
      for (long[] pixel : pixels) {
        largest = x.getDouble(pixel) > x.getDouble(largest) ? pixel : largest;
      }
      return largest;
    }

    /** The pixels that the window of an output covers, row by row. */
    private List<long[]> pixels(long[] output) {
      int h = geometry.heightAxis();
      long top = output[h] * geometry.stride().height() - geometry.padding().top();
      long left = output[h + 1] * geometry.stride().width() - geometry.padding().left();
      List<long[]> pixels = new ArrayList<>();
      for (long row = top; row < top + geometry.kernel().height(); row++) {
        for (long column = left; column < left + geometry.kernel().width(); column++) {
          if (row >= 0 && row < x.size(h) && column >= 0 && column < x.size(h + 1)) {
            long[] pixel = output.clone();
            pixel[h] = row;
            pixel[h + 1] = column;
            pixels.add(pixel);
          }
        }
      }
      return pixels;
    }

    private void forEachOutput(Consumer<long[]> action) {
      for (long index = 0; index < y.length(); index++) {
        action.accept(Shape.ind2subC(y.shape(), index));
      }
    }
  }
}
