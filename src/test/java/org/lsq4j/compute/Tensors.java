package org.lsq4j.compute;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Between plain row-major arrays, which oracles compute on, and tensors. */
public final class Tensors {

  private Tensors() {}

  /** How the values of a tensor lie in memory; a result must not depend on it. */
  public enum Layout {
    /** C order. */
    ROW_MAJOR,
    /** Fortran order. */
    COLUMN_MAJOR,
    /** Part of a larger tensor: an offset and gaps on every axis. */
    STRIDED_VIEW;

    /** A tensor with the same values in this layout. */
    public INDArray arrange(INDArray values) {
      return switch (this) {
        case ROW_MAJOR -> values.dup('c');
        case COLUMN_MAJOR -> values.dup('f');
        case STRIDED_VIEW -> strided(values);
      };
    }

    private static INDArray strided(INDArray values) {
      long[] larger = Arrays.stream(values.shape()).map(size -> size + 2).toArray();
      INDArray around = Nd4j.valueArrayOf(larger, 1e6, values.dataType());
      INDArrayIndex[] inside =
          Arrays.stream(values.shape())
              .mapToObj(size -> NDArrayIndex.interval(1, size + 1))
              .toArray(INDArrayIndex[]::new);
      INDArray view = around.get(inside);
      view.assign(values);
      return view;
    }
  }

  /** A row-major tensor. */
  public static INDArray of(double[] values, DataType type, long... shape) {
    return Nd4j.createFromArray(values).castTo(type).reshape('c', shape);
  }

  /** The values of a tensor [N, H, W, C], which lie in memory as [N, C / 16, H, W, 16]. */
  public static INDArray inChannelBlocks(INDArray values) {
    long[] shape = values.shape();
    return values
        .reshape(shape[0], shape[1], shape[2], shape[3] / 16, 16)
        .permute(0, 3, 1, 2, 4)
        .dup('c')
        .reshape('c', shape);
  }

  /** Floats [N, H, W, C] in a form; the tensor itself if that is plain. */
  public static FormedTensor inForm(TensorForm form, INDArray tensor) {
    boolean inBlocks = form.encoding() == TensorForm.Encoding.FLOAT_BLOCKS;
    return new FormedTensor(inBlocks ? inChannelBlocks(tensor) : tensor, form);
  }

  /** A vector. */
  public static INDArray vector(DataType type, double... values) {
    return of(values, type, values.length);
  }

  /** A row-major tensor of normally distributed values. */
  public static INDArray gaussian(long seed, DataType type, long... shape) {
    return of(gaussian(seed, Math.toIntExact(length(shape))), type, shape);
  }

  /** Normally distributed values. */
  public static double[] gaussian(long seed, int count) {
    Random random = new Random(seed);
    return DoubleStream.generate(random::nextGaussian).limit(count).toArray();
  }

  /** The values in row-major order, whatever the tensor's layout; -0 as 0. */
  public static double[] values(INDArray tensor) {
    double[] values = tensor.castTo(DataType.DOUBLE).dup('c').data().asDouble();
    return Arrays.stream(values).map(value -> value + 0.0).toArray();
  }

  /** Number of elements of a shape. */
  public static long length(long... shape) {
    return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
  }

  /** Asserts every value of a tensor against a row-major array. */
  public static void assertClose(
      double[] expected, INDArray actual, double tolerance, String what) {
    assertClose(expected, values(actual), tolerance, what);
  }

  /** Asserts the shape and every value. */
  public static void assertClose(
      INDArray expected, INDArray actual, double tolerance, String what) {
    assertArrayEquals(expected.shape(), actual.shape(), what);
    assertClose(values(expected), values(actual), tolerance, what);
  }

  /** Asserts every value. */
  public static void assertClose(
      double[] expected, double[] actual, double tolerance, String what) {
    assertEquals(expected.length, actual.length, what);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual[i], tolerance, what + " [" + i + "]");
    }
  }
}
