package org.lsq4j.deploy.runtime.portable;

import java.util.ArrayList;
import java.util.List;
import org.lsq4j.deploy.graph.Operation.Product;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.deploy.graph.Window.Axis;

/**
 * What is added to the scaled sums of each output pixel. Without an offset that is the same
 * everywhere; with one it depends on which taps lie inside the image, because a padded zero is 0
 * and not the offset. Pixels whose taps inside are the same share their addends.
 */
public final class Addends {

  private final int[] rowCases;
  private final int[] columnCases;
  private final int columnKinds;
  private final float[][] values;

  /**
   * Computes them.
   *
   * @param product whose addends
   * @param input quantizer of its input
   * @param rows how it moves vertically over how many pixels
   * @param columns likewise horizontally
   */
  public Addends(Product product, Quantizer input, Range rows, Range columns) {
    boolean differ = input.offset().steps() != 0;
    Cases vertical = differ ? Cases.of(rows) : Cases.one(rows);
    Cases horizontal = differ ? Cases.of(columns) : Cases.one(columns);
    rowCases = vertical.ofOutput;
    columnCases = horizontal.ofOutput;
    columnKinds = horizontal.inside.size();
    values = new float[vertical.inside.size() * columnKinds][];
    for (int i = 0; i < values.length; i++) {
      boolean[] insideRows = vertical.inside.get(i / columnKinds);
      boolean[] insideColumns = horizontal.inside.get(i % columnKinds);
      values[i] = addends(product, input, insideRows, insideColumns);
    }
  }

  /**
   * A window along one axis of an image.
   *
   * @param axis the window
   * @param inputs pixels of the image
   * @param outputs pixels of the result
   */
  public record Range(Axis axis, int inputs, int outputs) {
    boolean isInside(int output, int tap) {
      int input = axis.input(output, tap);
      return input >= 0 && input < inputs;
    }
  }

  private static float[] addends(
      Product product, Quantizer input, boolean[] rows, boolean[] columns) {
    int outputs = product.weights().outputs();
    int channels = product.weights().perOutput() / (rows.length * columns.length);
    float[] addends = new float[outputs];
    for (int output = 0; output < outputs; output++) {
      int sum = 0;
      for (int i = 0; i < product.weights().perOutput(); i++) {
        int tap = i / channels;
        if (rows[tap / columns.length] && columns[tap % columns.length]) {
          sum += product.weights().code(output, i);
        }
      }
      addends[output] = product.addend(input, output, sum);
    }
    return addends;
  }

  /** The addends of all output channels at an output pixel; not to be changed. */
  public float[] at(int row, int column) {
    return values[rowCases[row] * columnKinds + columnCases[column]];
  }

  /** Whether all pixels have the same. */
  public boolean areUniform() {
    return values.length == 1;
  }

  /** Which sets of taps occur along an axis, and which outputs have which. */
  private static final class Cases {
    private final List<boolean[]> inside = new ArrayList<>();
    private final int[] ofOutput;

    private Cases(int outputs) {
      ofOutput = new int[outputs];
    }

    static Cases one(Range range) {
      Cases cases = new Cases(range.outputs);
      cases.inside.add(new boolean[range.axis.kernel()]);
      return cases;
    }

    static Cases of(Range range) {
      Cases cases = new Cases(range.outputs);
      for (int output = 0; output < range.outputs; output++) {
        boolean[] taps = new boolean[range.axis.kernel()];
        for (int tap = 0; tap < taps.length; tap++) {
          taps[tap] = range.isInside(output, tap);
        }
        cases.ofOutput[output] = cases.indexOf(taps);
      }
      return cases;
    }

    private int indexOf(boolean[] taps) {
      for (int i = 0; i < inside.size(); i++) {
        if (java.util.Arrays.equals(inside.get(i), taps)) {
          return i;
        }
      }
      inside.add(taps);
      return inside.size() - 1;
    }
  }
}
