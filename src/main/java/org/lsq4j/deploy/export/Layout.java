package org.lsq4j.deploy.export;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.inputs.InputType.InputTypeConvolutional;
import org.deeplearning4j.nn.conf.inputs.InputType.InputTypeConvolutionalFlat;
import org.deeplearning4j.nn.conf.inputs.InputType.InputTypeFeedForward;
import org.deeplearning4j.nn.conf.inputs.InputType.InputTypeRecurrent;
import org.lsq4j.deploy.graph.Shape;

/** The order of axes in a DL4J network's activations. In a graph channels are always last. */
enum Layout {
  /** Images, channels first. */
  NCHW(1, 2, 3),
  /** Images, channels last. */
  NHWC(3, 1, 2),
  /** Sequences, channels first. */
  NCW(1, 2),
  /** Sequences, channels last. */
  NWC(2, 1),
  /** Vectors. */
  NC(1);

  private final int channelAxis;
  private final int[] spatialAxes;

  Layout(int channelAxis, int... spatialAxes) {
    this.channelAxis = channelAxis;
    this.spatialAxes = spatialAxes;
  }

  static Layout of(CNN2DFormat format) {
    return format == CNN2DFormat.NCHW ? NCHW : NHWC;
  }

  static Layout of(InputType type) {
    if (type instanceof InputTypeConvolutional images) {
      return of(images.getFormat());
    }
    if (type instanceof InputTypeRecurrent sequences) {
      return sequences.getFormat() == RNNFormat.NWC ? NWC : NCW;
    }
    return type instanceof InputTypeConvolutionalFlat ? NCHW : NC;
  }

  static Shape shape(InputType type) {
    if (type instanceof InputTypeConvolutional images) {
      return shape(images.getHeight(), images.getWidth(), images.getChannels());
    }
    if (type instanceof InputTypeConvolutionalFlat images) {
      return shape(images.getHeight(), images.getWidth(), images.getDepth());
    }
    if (type instanceof InputTypeRecurrent sequences) {
      return shape(sequences.getTimeSeriesLength(), 1, sequences.getSize());
    }
    if (type instanceof InputTypeFeedForward vectors) {
      return shape(1, 1, vectors.getSize());
    }
    throw new UnsupportedNetworkException("The network's input cannot be exported: it is " + type);
  }

  private static Shape shape(long height, long width, long channels) {
    try {
      return new Shape(Math.toIntExact(height), Math.toIntExact(width), Math.toIntExact(channels));
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new UnsupportedNetworkException(
          "The network's input cannot be exported: " + e.getMessage() + "; give its real size", e);
    }
  }

  int channelAxis() {
    return channelAxis;
  }

  boolean isChannelsFirst() {
    return this == NCHW || this == NCW;
  }

  /** The axes of the pixels. */
  int[] spatialAxes() {
    return spatialAxes.clone();
  }
}
