package org.lsq4j.compute.winograd;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.lsq4j.compute.Size2D;

/**
 * A 3x3 convolution of {@link Pixels#CHANNELS} channels to as many, with stride 1. Buffers are
 * floats in the processor's order: images NHWC, kernels [O, I, 3, 3].
 */
public final class WinogradConvolution {

  private static final float[] NO_BIAS = new float[Pixels.CHANNELS];

  private final TileProducts forward;
  private final TileProducts backward;
  private final KernelGradients kernels;

  /**
   * Of some images.
   *
   * @param loop on how many threads
   */
  public WinogradConvolution(ConvolvedImages images, ParallelLoop loop) {
    forward = new TileProducts(images, loop);
    backward = new TileProducts(images.transposed(), loop);
    kernels = new KernelGradients(images, loop);
  }

  /** Uses everything once; throws if this processor or this JDK's module is another. */
  public static void probe() {
    Pixels.requireVectors();
    Size2D tile = new Size2D(TileSizes.RESULT, TileSizes.RESULT);
    ConvolvedImages image = new ConvolvedImages(1, tile, tile, 1, 1);
    WinogradConvolution convolution =
        new WinogradConvolution(image, (tasks, task) -> task.accept(0));
    ByteBuffer pixels = zeros(tile.height() * tile.width() * Pixels.CHANNELS);
    ByteBuffer weights = zeros(WinogradWeights.LENGTH);
    ByteBuffer bias = zeros(Pixels.CHANNELS);
    convolution.forward(pixels, weights, bias, pixels);
    convolution.backwardData(weights, pixels, pixels);
    convolution.backwardWeights(pixels, pixels, weights, bias);
  }

  private static ByteBuffer zeros(int floats) {
    return ByteBuffer.allocateDirect(floats * Float.BYTES).order(ByteOrder.nativeOrder());
  }

  /**
   * y = w * x + b.
   *
   * @param b null without bias
   */
  public void forward(ByteBuffer x, ByteBuffer w, ByteBuffer b, ByteBuffer y) {
    float[] matrices = WinogradWeights.forward(w.asFloatBuffer());
    forward.run(x.asFloatBuffer(), matrices, b == null ? NO_BIAS : numbers(b), y.asFloatBuffer());
  }

  private static float[] numbers(ByteBuffer bias) {
    float[] numbers = new float[Pixels.CHANNELS];
    bias.asFloatBuffer().get(0, numbers);
    return numbers;
  }

  /** Writes dL/dx. */
  public void backwardData(ByteBuffer w, ByteBuffer dy, ByteBuffer dx) {
    float[] matrices = WinogradWeights.backward(w.asFloatBuffer());
    backward.run(dy.asFloatBuffer(), matrices, NO_BIAS, dx.asFloatBuffer());
  }

  /**
   * Writes dL/dw and dL/db.
   *
   * @param db null without bias
   */
  public void backwardWeights(ByteBuffer x, ByteBuffer dy, ByteBuffer dw, ByteBuffer db) {
    FloatBuffer bias = db == null ? null : db.asFloatBuffer();
    kernels.run(x.asFloatBuffer(), dy.asFloatBuffer(), dw.asFloatBuffer(), bias);
  }
}
