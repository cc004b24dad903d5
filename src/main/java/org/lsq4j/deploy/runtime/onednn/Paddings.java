package org.lsq4j.deploy.runtime.onednn;

import org.lsq4j.deploy.graph.Shape;
import org.lsq4j.deploy.graph.Window;
import org.lsq4j.deploy.graph.Window.Axis;

/** Paddings as oneDNN counts them. */
final class Paddings {

  private Paddings() {}

  /** Above and on the left. */
  static long[] before(Window window) {
    return new long[] {window.padding().top(), window.padding().left()};
  }

  /** Below and on the right, as far as a tap reaches; negative where pixels are left over. */
  static long[] behind(Window window, Shape input, Shape output) {
    return new long[] {
      behind(window.rows(), input.height(), output.height()),
      behind(window.columns(), input.width(), output.width())
    };
  }

  private static long behind(Axis axis, int input, int output) {
    return axis.input(output - 1, axis.kernel() - 1) + 1L - input;
  }
}
