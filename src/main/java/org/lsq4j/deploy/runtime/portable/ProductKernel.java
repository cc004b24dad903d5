package org.lsq4j.deploy.runtime.portable;

import java.util.Arrays;
import org.lsq4j.deploy.graph.Operation.Product;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.deploy.graph.Weights;
import org.lsq4j.deploy.graph.Window.Axis;
import org.lsq4j.deploy.runtime.Operand;
import org.lsq4j.deploy.runtime.Step;

/**
 * Convolutions and dense layers: for each output pixel the sums of all output channels, in 32-bit
 * integers, then scaled.
 */
final class ProductKernel implements Kernel {

  private final ProductShape shape;
  private final Operand input;
  private final Finisher finisher;
  private final float[] multipliers;
  private final Addends addends;

  /** [taps, inputs of a group, output channels]; of depthwise ones [taps, channels]. */
  private final int[] weights;

  private final int[] sums;
  private final float[] results;

  ProductKernel(Step step) {
    Product product = (Product) step.operation();
    shape = ProductShape.of(step);
    input = step.input();
    finisher = Finisher.of(step);
    addends = shape.addends(step);
    Quantizer quantizer = input.tensor().quantizer().orElseThrow();
    multipliers = new float[shape.output().channels()];
    for (int channel = 0; channel < multipliers.length; channel++) {
      multipliers[channel] = product.multiplier(quantizer, channel);
    }
    weights = transposed(product.weights());
    sums = new int[multipliers.length];
    results = new float[multipliers.length];
  }

  private static int[] transposed(Weights weights) {
    int[] result = new int[weights.count()];
    for (int output = 0; output < weights.outputs(); output++) {
      for (int i = 0; i < weights.perOutput(); i++) {
        result[i * weights.outputs() + output] = weights.code(output, i);
      }
    }
    return result;
  }

  @Override
  public void run(Memory memory) {
    int[] codes = memory.codes(input);
    int at = 0;
    for (int row = 0; row < shape.output().height(); row++) {
      for (int column = 0; column < shape.output().width(); column++) {
        Arrays.fill(sums, 0);
        addTaps(codes, row, column);
        scale(addends.at(row, column));
        finisher.store(results, results.length, memory, at);
        at += results.length;
      }
    }
  }

  private void addTaps(int[] codes, int row, int column) {
    Axis rows = shape.window().rows();
    Axis columns = shape.window().columns();
    for (int tapRow = 0; tapRow < rows.kernel(); tapRow++) {
      int y = rows.input(row, tapRow);
      for (int tapColumn = 0; tapColumn < columns.kernel(); tapColumn++) {
        int x = columns.input(column, tapColumn);
        boolean inside =
            y >= 0 && y < shape.input().height() && x >= 0 && x < shape.input().width();
        if (inside) {
          int from = (y * shape.input().width() + x) * shape.input().channels();
          addTap(codes, from, tapRow * columns.kernel() + tapColumn);
        }
      }
    }
  }

  private void addTap(int[] codes, int from, int tap) {
    if (shape.isDepthwise()) {
      int first = tap * sums.length;
      for (int channel = 0; channel < sums.length; channel++) {
        sums[channel] += codes[from + channel] * weights[first + channel];
      }
      return;
    }
    int inputs = shape.groupInputs();
    for (int group = 0; group < shape.groups(); group++) {
      addGroup(codes, from + group * inputs, tap * inputs, group * shape.groupOutputs());
    }
  }

  private void addGroup(int[] codes, int from, int firstWeight, int firstOutput) {
    int end = firstOutput + shape.groupOutputs();
    for (int i = 0; i < shape.groupInputs(); i++) {
      int code = codes[from + i];
      if (code != 0) {
        int row = (firstWeight + i) * sums.length;
        for (int output = firstOutput; output < end; output++) {
          sums[output] += code * weights[row + output];
        }
      }
    }
  }

  private void scale(float[] addend) {
    for (int channel = 0; channel < results.length; channel++) {
      results[channel] = sums[channel] * multipliers[channel] + addend[channel];
    }
  }
}
