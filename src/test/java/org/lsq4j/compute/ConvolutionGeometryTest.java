package org.lsq4j.compute;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.util.Convolution1DUtils;
import org.deeplearning4j.util.ConvolutionUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Sizes are those of DL4J, so that a layer can be exchanged for its quantized form. */
class ConvolutionGeometryTest {

  private record Axis(int input, int kernel, int stride, int dilation) {
    int sameOutput() {
      return (input + stride - 1) / stride;
    }

    /** Whether the last window reaches the end of the input; DL4J refuses the others. */
    boolean coversInput() {
      return (sameOutput() - 1) * stride + (kernel - 1) * dilation + 1 >= input;
    }
  }

  static List<Axis> axes() {
    List<Axis> axes = new ArrayList<>();
    for (int input : new int[] {5, 8, 28, 33}) {
      for (int kernel : new int[] {1, 2, 3, 5}) {
        for (int stride : new int[] {1, 2, 3}) {
          for (int dilation : new int[] {1, 2}) {
            if ((kernel - 1) * dilation < input) {
              axes.add(new Axis(input, kernel, stride, dilation));
            }
          }
        }
      }
    }
    return axes;
  }

  static Stream<Axis> coveredAxes() {
    return axes().stream().filter(Axis::coversInput);
  }

  @ParameterizedTest
  @MethodSource("coveredAxes")
  void samePaddingEqualsDl4j(Axis axis) {
    int output = axis.sameOutput();
    int[] expected =
        ConvolutionUtils.getSameModeTopLeftPadding(
            twice(output),
            twice(axis.input),
            twice(axis.kernel),
            twice(axis.stride),
            twice(axis.dilation));
    int[] padding =
        ConvolutionGeometry.samePadding(axis.input, axis.kernel, axis.stride, axis.dilation);
    assertEquals(expected[0], padding[0], "before");
    Padding2D around = new Padding2D(padding[0], padding[0], padding[1], padding[1]);
    assertEquals(output, outputShape(axis, around, CNN2DFormat.NCHW)[2], "output size");
  }

  @ParameterizedTest
  @MethodSource("axes")
  void outputShapeEqualsDl4j(Axis axis) {
    int padding = axis.kernel / 2;
    long expected =
        Convolution1DUtils.getOutputSize(
            axis.input, axis.kernel, axis.stride, padding, ConvolutionMode.Truncate, axis.dilation);
    Padding2D around = Padding2D.symmetric(padding, padding);
    assertArrayEquals(
        new long[] {4, 6, expected, expected}, outputShape(axis, around, CNN2DFormat.NCHW));
    assertArrayEquals(
        new long[] {4, expected, expected, 6}, outputShape(axis, around, CNN2DFormat.NHWC));
  }

  @Test
  void everySideOfThePaddingCounts() {
    ConvolutionGeometry geometry =
        new ConvolutionGeometry(
            CNN2DFormat.NHWC,
            1,
            new Size2D(3, 2),
            new Size2D(2, 1),
            Size2D.ONE,
            new Padding2D(1, 2, 3, 4));
    assertArrayEquals(
        new long[] {1, (5 + 4 - 3) / 2 + 1, 7 + 6 - 2 + 1, 8},
        geometry.outputShape(new long[] {1, 5, 7, 3}, 8));
  }

  @Test
  void refusesImpossibleSizes() {
    assertThrows(IllegalArgumentException.class, () -> new Size2D(0, 3));
    assertThrows(IllegalArgumentException.class, () -> new Padding2D(0, -1, 0, 0));
  }

  private static long[] outputShape(Axis axis, Padding2D padding, CNN2DFormat format) {
    ConvolutionGeometry geometry =
        new ConvolutionGeometry(
            format,
            1,
            new Size2D(axis.kernel, axis.kernel),
            new Size2D(axis.stride, axis.stride),
            new Size2D(axis.dilation, axis.dilation),
            padding);
    long[] input =
        format == CNN2DFormat.NCHW
            ? new long[] {4, 3, axis.input, axis.input}
            : new long[] {4, axis.input, axis.input, 3};
    return geometry.outputShape(input, 6);
  }

  private static int[] twice(int size) {
    return new int[] {size, size};
  }
}
