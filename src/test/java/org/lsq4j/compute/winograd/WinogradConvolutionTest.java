package org.lsq4j.compute.winograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.compute.Size2D;

/** Compares with sums of products as the definition of a convolution has them, in double. */
class WinogradConvolutionTest {

  private static final int CHANNELS = Pixels.CHANNELS;
  private static final int KERNEL = TileSizes.KERNEL;

  /** Of the largest result. */
  private static final double TOLERANCE = 1e-5;

  static Stream<ConvolvedImages> images() {
    return Stream.of(
        images(2, new Size2D(8, 8), 1, 1),
        images(1, new Size2D(1, 1), 1, 1),
        images(3, new Size2D(5, 11), 1, 1),
        images(2, new Size2D(3, 3), 0, 0),
        images(1, new Size2D(13, 6), 0, 2),
        images(1, new Size2D(6, 13), 2, 0),
        // Several strips, the last of which has fewer rows of tiles.
        images(2, new Size2D(43, 47), 1, 1),
        // More strips than there are tasks.
        images(70, new Size2D(4, 4), 1, 1),
        // A row of tiles that fills a strip and more.
        images(1, new Size2D(9, 261), 1, 1));
  }

  private static ConvolvedImages images(int examples, Size2D input, int top, int left) {
    int less = KERNEL - 1;
    Size2D output = new Size2D(input.height() + 2 * top - less, input.width() + 2 * left - less);
    return new ConvolvedImages(examples, input, output, top, left);
  }

  @ParameterizedTest
  @MethodSource("images")
  void forwardIsASumOfProducts(ConvolvedImages images) {
    float[] x = numbers(1, input(images));
    float[] w = numbers(2, WinogradWeights.LENGTH);
    float[] b = numbers(3, CHANNELS);
    ByteBuffer y = memory(output(images));
    sequential(images).forward(memory(x), memory(w), memory(b), y);
    double[] expected = new double[output(images)];
    forEachProduct(images, (i, k, o) -> expected[o] += (double) x[i] * w[k]);
    double[] withoutBias = expected.clone();
    Arrays.setAll(expected, o -> expected[o] + b[o % CHANNELS]);
    assertClose(expected, y);
    sequential(images).forward(memory(x), memory(w), null, y);
    assertClose(withoutBias, y);
  }

  @ParameterizedTest
  @MethodSource("images")
  void gradientsAreSumsOfProducts(ConvolvedImages images) {
    float[] x = numbers(1, input(images));
    float[] w = numbers(2, WinogradWeights.LENGTH);
    float[] dy = numbers(4, output(images));
    ByteBuffer dx = memory(input(images));
    sequential(images).backwardData(memory(w), memory(dy), dx);
    double[] toInput = new double[input(images)];
    forEachProduct(images, (i, k, o) -> toInput[i] += (double) dy[o] * w[k]);
    assertClose(toInput, dx);
    ByteBuffer dw = memory(WinogradWeights.LENGTH);
    ByteBuffer db = memory(CHANNELS);
    sequential(images).backwardWeights(memory(x), memory(dy), dw, db);
    double[] toWeights = new double[WinogradWeights.LENGTH];
    forEachProduct(images, (i, k, o) -> toWeights[k] += (double) dy[o] * x[i]);
    assertClose(toWeights, dw);
    double[] toBias = new double[CHANNELS];
    IntStream.range(0, dy.length).forEach(o -> toBias[o % CHANNELS] += dy[o]);
    assertClose(toBias, db);
    ByteBuffer again = memory(WinogradWeights.LENGTH);
    sequential(images).backwardWeights(memory(x), memory(dy), again, null);
    assertArrayEquals(floats(dw), floats(again), "the bias changes nothing else");
  }

  @Test
  void refusesWhatHasNoResults() {
    Size2D size = new Size2D(4, 4);
    assertThrows(IllegalArgumentException.class, () -> new ConvolvedImages(0, size, size, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new ConvolvedImages(1, size, size, 3, 1));
    assertThrows(IllegalArgumentException.class, () -> new ConvolvedImages(1, size, size, 1, -1));
  }

  /** Whichever thread does which task, and whatever its memory contains. */
  @Test
  void resultsDoNotDependOnTheOrderOfTasks() {
    ConvolvedImages images = images(80, new Size2D(9, 9), 1, 1);
    WinogradConvolution inOrder = sequential(images);
    WinogradConvolution inParallel =
        new WinogradConvolution(
            images, (tasks, task) -> IntStream.range(0, tasks).parallel().forEach(task));
    WinogradConvolution backwards =
        new WinogradConvolution(images, WinogradConvolutionTest::runBackwards);
    float[][] expected = results(images, inOrder);
    for (WinogradConvolution other : new WinogradConvolution[] {inParallel, backwards}) {
      float[][] found = results(images, other);
      for (int i = 0; i < expected.length; i++) {
        assertArrayEquals(expected[i], found[i], "result " + i);
      }
    }
  }

  private static void runBackwards(int tasks, IntConsumer task) {
    for (int i = tasks - 1; i >= 0; i--) {
      task.accept(i);
    }
  }

  private static float[][] results(ConvolvedImages images, WinogradConvolution convolution) {
    ByteBuffer x = memory(numbers(1, input(images)));
    ByteBuffer w = memory(numbers(2, WinogradWeights.LENGTH));
    ByteBuffer b = memory(numbers(3, CHANNELS));
    ByteBuffer dy = memory(numbers(4, output(images)));
    ByteBuffer y = memory(output(images));
    ByteBuffer dx = memory(input(images));
    ByteBuffer dw = memory(WinogradWeights.LENGTH);
    ByteBuffer db = memory(CHANNELS);
    convolution.forward(x, w, b, y);
    convolution.backwardData(w, dy, dx);
    convolution.backwardWeights(x, dy, dw, db);
    return new float[][] {floats(y), floats(dx), floats(dw), floats(db)};
  }

  private static WinogradConvolution sequential(ConvolvedImages images) {
    return new WinogradConvolution(
        images, (tasks, task) -> IntStream.range(0, tasks).forEach(task));
  }

  /** Places of an input, a weight and an output that belong together. */
  @FunctionalInterface
  private interface Product {
    void take(int input, int weight, int output);
  }

  private static void forEachProduct(ConvolvedImages images, Product product) {
    for (int example = 0; example < images.examples(); example++) {
      for (int row = 0; row < images.output().height(); row++) {
        for (int column = 0; column < images.output().width(); column++) {
          for (int tap = 0; tap < KERNEL * KERNEL; tap++) {
            int y = row + tap / KERNEL - images.top();
            int x = column + tap % KERNEL - images.left();
            if (contains(images.input(), y, x)) {
              int in = pixel(images.input(), example, y, x);
              forEachChannel(in, tap, pixel(images.output(), example, row, column), product);
            }
          }
        }
      }
    }
  }

  private static boolean contains(Size2D image, int y, int x) {
    return y >= 0 && y < image.height() && x >= 0 && x < image.width();
  }

  private static int pixel(Size2D image, int example, int y, int x) {
    return ((example * image.height() + y) * image.width() + x) * CHANNELS;
  }

  private static void forEachChannel(int in, int tap, int out, Product product) {
    for (int o = 0; o < CHANNELS; o++) {
      for (int i = 0; i < CHANNELS; i++) {
        product.take(in + i, (o * CHANNELS + i) * KERNEL * KERNEL + tap, out + o);
      }
    }
  }

  private static int input(ConvolvedImages images) {
    return images.examples() * pixel(images.input(), 1, 0, 0);
  }

  private static int output(ConvolvedImages images) {
    return images.examples() * pixel(images.output(), 1, 0, 0);
  }

  private static float[] numbers(long seed, int count) {
    Random random = new Random(seed);
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }

  /** Of that length, with content that no result is. */
  private static ByteBuffer memory(int floats) {
    float[] content = new float[floats];
    Arrays.fill(content, Float.NaN);
    return memory(content);
  }

  private static ByteBuffer memory(float[] content) {
    ByteBuffer memory =
        ByteBuffer.allocateDirect(content.length * Float.BYTES).order(ByteOrder.nativeOrder());
    memory.asFloatBuffer().put(content);
    return memory;
  }

  private static float[] floats(ByteBuffer memory) {
    float[] floats = new float[memory.capacity() / Float.BYTES];
    memory.asFloatBuffer().get(floats);
    return floats;
  }

  private static void assertClose(double[] expected, ByteBuffer memory) {
    double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
    assertNotEquals(0, largest, "it computes something");
    float[] found = floats(memory);
    for (int i = 0; i < found.length; i++) {
      assertEquals(expected[i], found[i], TOLERANCE * largest, "number " + i);
    }
  }
}
