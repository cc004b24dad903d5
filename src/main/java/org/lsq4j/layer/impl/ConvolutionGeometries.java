package org.lsq4j.layer.impl;

import java.util.Arrays;
import java.util.Locale;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.Padding2D;
import org.lsq4j.compute.Size2D;
import org.lsq4j.layer.QuantizedConvolution2D;
import org.lsq4j.layer.WindowSettings;

/** From DL4J's convolution settings to the engine's geometry. */
final class ConvolutionGeometries {

  private ConvolutionGeometries() {}

  static int channelAxis(QuantizedConvolution2D conf) {
    return conf.getCnn2dDataFormat() == CNN2DFormat.NCHW ? 1 : 3;
  }

  static ConvolutionGeometry of(QuantizedConvolution2D conf, long[] inputShape) {
    return new ConvolutionGeometry(
        conf.getCnn2dDataFormat(),
        conf.getGroups(),
        Size2D.of(conf.getKernelSize()),
        Size2D.of(conf.getStride()),
        Size2D.of(conf.getDilation()),
        padding(WindowSettings.of(conf), conf.getCnn2dDataFormat(), inputShape));
  }

  /** The padding of an image tensor. */
  static Padding2D padding(WindowSettings window, CNN2DFormat format, long[] inputShape) {
    int rows = format == CNN2DFormat.NCHW ? 2 : 1;
    return window.paddingOf(
        Math.toIntExact(inputShape[rows]), Math.toIntExact(inputShape[rows + 1]));
  }

  /**
   * Refuses an input of which nothing is left.
   *
   * @param layer name for the message
   * @param window what the layer moves over the input
   */
  static void requireOutput(
      String layer, WindowSettings window, long[] inputShape, long[] outputShape) {
    if (Arrays.stream(outputShape).anyMatch(size -> size < 1)) {
      throw new DL4JInvalidInputException(
          String.format(
              Locale.ROOT,
              "Layer %s: nothing is left of an input of shape %s with kernel %s and padding %s",
              layer,
              Arrays.toString(inputShape),
              Arrays.toString(window.kernel()),
              Arrays.toString(window.padding())));
    }
  }
}
