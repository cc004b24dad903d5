package org.lsq4j.compute.winograd;

import java.nio.FloatBuffer;

/**
 * Kernels [O, I, 3, 3] as 36 matrices of all input by all output channels, and back. Transforms are
 * one-dimensional, along columns and then along rows.
 */
final class WinogradWeights {

  private static final int AREA = TileSizes.KERNEL * TileSizes.KERNEL;
  private static final int CHANNELS = Pixels.CHANNELS;

  /** Floats of all kernels. */
  static final int LENGTH = CHANNELS * CHANNELS * AREA;

  /** Which of the channels and taps of a kernel is where. */
  private enum Direction {
    FORWARD {
      @Override
      int tap(int in, int out, int tap) {
        return (out * CHANNELS + in) * AREA + tap;
      }
    },
    BACKWARD {
      @Override
      int tap(int in, int out, int tap) {
        return (in * CHANNELS + out) * AREA + AREA - 1 - tap;
      }
    };

    abstract int tap(int in, int out, int tap);
  }

  private WinogradWeights() {}

  /** The matrices of a convolution. */
  static float[] forward(FloatBuffer weights) {
    return matrices(weights, Direction.FORWARD);
  }

  /** The matrices of the convolution that takes gradients of its output to those of its input. */
  static float[] backward(FloatBuffer weights) {
    return matrices(weights, Direction.BACKWARD);
  }

  /** G g G' for each pair of channels. */
  private static float[] matrices(FloatBuffer weights, Direction direction) {
    float[] matrices = new float[TileSizes.ELEMENTS * Products.MATRIX];
    float[] kernel = new float[AREA];
    float[] columns = new float[TileSizes.INPUT * TileSizes.KERNEL];
    float[] tile = new float[TileSizes.ELEMENTS];
    for (int in = 0; in < CHANNELS; in++) {
      for (int out = 0; out < CHANNELS; out++) {
        for (int tap = 0; tap < AREA; tap++) {
          kernel[tap] = weights.get(direction.tap(in, out, tap));
        }
        for (int column = 0; column < TileSizes.KERNEL; column++) {
          toTile(kernel, column, columns, column, TileSizes.KERNEL);
        }
        for (int row = 0; row < TileSizes.INPUT; row++) {
          toTile(columns, row * TileSizes.KERNEL, tile, row * TileSizes.INPUT, 1);
        }
        scatter(tile, matrices, Products.index(in, out));
      }
    }
    return matrices;
  }

  /** G g. */
  private static void toTile(float[] kernel, int at, float[] tile, int start, int step) {
    float first = kernel[at];
    float last = kernel[at + 2 * step];
    float middle = kernel[at + step];
    float ends = first + last;
    float far = first / 24 + last / 6;
    tile[start] = first / 4;
    tile[start + step] = (ends + middle) / -6;
    tile[start + 2 * step] = (ends - middle) / -6;
    tile[start + 3 * step] = far + middle / 12;
    tile[start + 4 * step] = far - middle / 12;
    tile[start + 5 * step] = last;
  }

  private static void scatter(float[] tile, float[] matrices, int index) {
    for (int element = 0; element < TileSizes.ELEMENTS; element++) {
      matrices[element * Products.MATRIX + index] = tile[element];
    }
  }

  /** G' u G for each pair of channels: the gradients of kernels by those of their matrices. */
  static void writeGradients(float[] matrices, FloatBuffer gradients) {
    float[] tile = new float[TileSizes.ELEMENTS];
    float[] columns = new float[TileSizes.KERNEL * TileSizes.INPUT];
    float[] kernel = new float[AREA];
    for (int in = 0; in < CHANNELS; in++) {
      for (int out = 0; out < CHANNELS; out++) {
        for (int element = 0; element < TileSizes.ELEMENTS; element++) {
          tile[element] = matrices[element * Products.MATRIX + Products.index(in, out)];
        }
        for (int column = 0; column < TileSizes.INPUT; column++) {
          toKernel(tile, column, columns, column, TileSizes.INPUT);
        }
        for (int row = 0; row < TileSizes.KERNEL; row++) {
          toKernel(columns, row * TileSizes.INPUT, kernel, row * TileSizes.KERNEL, 1);
        }
        for (int tap = 0; tap < AREA; tap++) {
          gradients.put(Direction.FORWARD.tap(in, out, tap), kernel[tap]);
        }
      }
    }
  }

  /** G' u. */
  private static void toKernel(float[] tile, int at, float[] kernel, int start, int step) {
    float sum = tile[at + step] + tile[at + 2 * step];
    float difference = tile[at + step] - tile[at + 2 * step];
    float farSum = tile[at + 3 * step] + tile[at + 4 * step];
    float farDifference = tile[at + 3 * step] - tile[at + 4 * step];
    kernel[start] = tile[at] / 4 - sum / 6 + farSum / 24;
    kernel[start + step] = difference / -6 + farDifference / 12;
    kernel[start + 2 * step] = (farSum - sum) / 6 + tile[at + 5 * step];
  }
}
