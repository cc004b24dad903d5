package org.lsq4j.deploy.export;

import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.Padding2D;
import org.lsq4j.compute.Size2D;
import org.lsq4j.deploy.graph.Shape;
import org.lsq4j.deploy.graph.Window;

/** From DL4J's settings of convolutions and poolings to windows. */
final class Windows {

  private Windows() {}

  /** DL4J's settings, [vertical, horizontal] each. */
  @SuppressWarnings("ArrayRecordComponent") // read once
  record Settings(ConvolutionMode mode, int[] kernel, int[] stride, int[] dilation, int[] padding) {

    /** Those of a layer on sequences, whose second numbers say nothing. */
    Settings ofSequence() {
      return new Settings(
          mode,
          new int[] {kernel[0], 1},
          new int[] {stride[0], 1},
          new int[] {dilation[0], 1},
          new int[] {padding[0], 0});
    }
  }

  static Window of(Settings settings, Shape input) {
    return new Window(
        Size2D.of(settings.kernel),
        Size2D.of(settings.stride),
        Size2D.of(settings.dilation),
        padding(settings, input));
  }

  private static Padding2D padding(Settings settings, Shape input) {
    if (settings.mode == ConvolutionMode.Same) {
      int[] vertical = same(settings, 0, input.height());
      int[] horizontal = same(settings, 1, input.width());
      return new Padding2D(vertical[0], horizontal[0], vertical[1], horizontal[1]);
    }
    if (settings.mode == ConvolutionMode.Causal) {
      return new Padding2D((settings.kernel[0] - 1) * settings.dilation[0], 0, 0, 0);
    }
    return Padding2D.symmetric(settings.padding[0], settings.padding[1]);
  }

  private static int[] same(Settings settings, int axis, int input) {
    return ConvolutionGeometry.samePadding(
        input, settings.kernel[axis], settings.stride[axis], settings.dilation[axis]);
  }
}
