package org.lsq4j.compute.onednn;

import java.nio.ByteBuffer;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.Pointer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.compute.Padding2D;
import org.lsq4j.compute.Size2D;
import org.lsq4j.compute.dnnl.Descriptors;
import org.lsq4j.compute.winograd.ConvolvedImages;
import org.lsq4j.compute.winograd.Pixels;
import org.lsq4j.compute.winograd.TileSizes;
import org.lsq4j.compute.winograd.WinogradConvolution;

/**
 * A float convolution of few channels by Winograd's algorithm in Java's vector module, on tensors
 * as the caller has them: 16 channels are one block, which lies in memory as channels last.
 * oneDNN's is no faster than direct sums there.
 */
final class NarrowConvolution implements FloatPasses {

  private static final int MOST_PADDING = TileSizes.KERNEL - 1;

  /** Of an image: the tiles of a row are in the cache together. */
  private static final long MOST_COLUMNS = 512;

  /** Smaller images have too few tiles for what has to be loaded for all of them. */
  private static final long LEAST_SIDE = 16;

  /** Of all images, for each thread: for fewer it takes too long to transform the weights. */
  private static final long LEAST_PIXELS = 4096;

  /** As many as have two tasks each in the backward pass. */
  private static final int MOST_THREADS = 16;

  /** Pixels of all tiles in percent of those of the image: more are not worth it. */
  private static final long MOST_PERCENT_OF_PIXELS = 115;

  private final ConvolutionShape shape;
  private final WinogradConvolution convolution;
  private ByteBuffer upstream;

  /** Of a shape that {@link WinogradPolicy#allowsNarrow} allows. */
  NarrowConvolution(ConvolutionShape shape) {
    this.shape = shape;
    long[] output = shape.output();
    Padding2D padding = shape.geometry().padding();
    convolution =
        new WinogradConvolution(
            new ConvolvedImages(
                Math.toIntExact(shape.examples()),
                new Size2D(Math.toIntExact(shape.inHeight()), Math.toIntExact(shape.inWidth())),
                new Size2D(Math.toIntExact(output[2]), Math.toIntExact(output[3])),
                padding.top(),
                padding.left()),
            Workers::run);
  }

  /** Whether it can compute a 3x3 convolution with stride 1. */
  static boolean computes(ConvolutionShape shape) {
    return shape.geometry().format() == CNN2DFormat.NHWC
        && shape.inChannels() == Pixels.CHANNELS
        && shape.outChannels() == Pixels.CHANNELS
        && mostPadding(shape.geometry().padding()) <= MOST_PADDING
        && Math.max(shape.input()[3], shape.output()[3]) <= MOST_COLUMNS
        && Math.max(shape.inputLength(), shape.outputLength()) <= FloatMemory.MAX_LENGTH
        && VectorModule.hasWinograd();
  }

  private static int mostPadding(Padding2D padding) {
    return Math.max(
        Math.max(padding.top(), padding.left()), Math.max(padding.bottom(), padding.right()));
  }

  /**
   * Whether that is faster than direct sums. Only on AMD's processors: on one of Intel's, earlier
   * loops took longer than oneDNN's direct sums, and these are not measured there.
   */
  static boolean isFaster(ConvolutionShape shape, ProcessorVendor vendor, int threads) {
    return vendor == ProcessorVendor.AMD
        && threads <= MOST_THREADS
        && areTilesFull(shape.input())
        && areTilesFull(shape.output())
        && shape.outputLength() / Pixels.CHANNELS >= LEAST_PIXELS * threads;
  }

  /** Of the results of a pass, which the output's and the input's gradients are. */
  private static boolean areTilesFull(long[] size) {
    long pixelsOfTiles = wholeTiles(size[2]) * wholeTiles(size[3]);
    return Math.min(size[2], size[3]) >= LEAST_SIDE
        && pixelsOfTiles * 100 <= size[2] * size[3] * MOST_PERCENT_OF_PIXELS;
  }

  private static long wholeTiles(long pixels) {
    return (pixels + TileSizes.RESULT - 1) / TileSizes.RESULT * TileSizes.RESULT;
  }

  @Override
  public void forward(ForwardPass pass, Pointer x, Pointer weights, Pointer y, Pointer b) {
    convolution.forward(input(x), weights(weights), bias(b), output(y));
  }

  @Override
  public void upstream(Pointer dy) {
    upstream = output(dy);
  }

  @Override
  public void blockedUpstream(Pointer dy) {
    upstream(dy);
  }

  @Override
  public void backwardData(Pointer weights, Pointer dx) {
    convolution.backwardData(weights(weights), upstream, input(dx));
  }

  @Override
  public void backwardDataInBlocks(Pointer weights, Pointer dx) {
    backwardData(weights, dx);
  }

  @Override
  public void backwardWeights(Pointer x, Pointer dw, Pointer db) {
    convolution.backwardWeights(input(x), upstream, weights(dw), bias(db));
  }

  @Override
  public void backwardWeightsOfArranged(Pointer x, Pointer dw, Pointer db) {
    backwardWeights(x, dw, db);
  }

  @Override
  public memory.desc arrangedInput() {
    return Descriptors.channelsLast(memory.data_type.f32, shape.input());
  }

  private ByteBuffer input(Pointer first) {
    return bytes(first, shape.inputLength());
  }

  private ByteBuffer output(Pointer first) {
    return bytes(first, shape.outputLength());
  }

  private ByteBuffer weights(Pointer first) {
    return bytes(first, shape.weightsLength());
  }

  private ByteBuffer bias(Pointer first) {
    return first == null ? null : bytes(first, shape.outChannels());
  }

  private static ByteBuffer bytes(Pointer first, long count) {
    return FloatMemory.of(first, count).bytes();
  }
}
