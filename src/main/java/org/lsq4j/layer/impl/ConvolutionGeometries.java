package org.lsq4j.layer.impl;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.Padding2D;
import org.lsq4j.compute.Size2D;
import org.lsq4j.layer.QuantizedConvolution2D;

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
        padding(conf, inputShape));
  }

  private static Padding2D padding(QuantizedConvolution2D conf, long[] inputShape) {
    ConvolutionMode mode = conf.getConvolutionMode();
    if (mode == ConvolutionMode.Same) {
      int rows = conf.getCnn2dDataFormat() == CNN2DFormat.NCHW ? 2 : 1;
      int[] vertical = same(conf, 0, inputShape[rows]);
      int[] horizontal = same(conf, 1, inputShape[rows + 1]);
      return new Padding2D(vertical[0], horizontal[0], vertical[1], horizontal[1]);
    }
    if (mode == ConvolutionMode.Causal) {
      int before = (conf.getKernelSize()[0] - 1) * conf.getDilation()[0];
      return new Padding2D(before, 0, 0, 0);
    }
    return Padding2D.symmetric(conf.getPadding()[0], conf.getPadding()[1]);
  }

  private static int[] same(QuantizedConvolution2D conf, int axis, long input) {
    return ConvolutionGeometry.samePadding(
        Math.toIntExact(input),
        conf.getKernelSize()[axis],
        conf.getStride()[axis],
        conf.getDilation()[axis]);
  }
}
