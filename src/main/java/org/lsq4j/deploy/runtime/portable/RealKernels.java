package org.lsq4j.deploy.runtime.portable;

import java.util.Arrays;
import org.lsq4j.deploy.graph.Affine;
import org.lsq4j.deploy.graph.Operation.Activate;
import org.lsq4j.deploy.graph.Operation.ZeroPad;
import org.lsq4j.deploy.graph.Shape;
import org.lsq4j.deploy.runtime.Operand;
import org.lsq4j.deploy.runtime.Step;

/** Kernels on real numbers. */
final class RealKernels {

  private RealKernels() {}

  static Kernel quantize(Step step) {
    Operand input = step.input();
    Finisher finisher =
        Finisher.of(step.output().tensor().quantizer().orElseThrow(), step.output());
    float[] values = new float[input.size()];
    return memory -> {
      System.arraycopy(memory.reals(input), 0, values, 0, values.length);
      finisher.store(values, values.length, memory, 0);
    };
  }

  static Kernel add(Step step) {
    Finisher finisher = Finisher.of(step);
    Operand[] terms = step.inputs().toArray(Operand[]::new);
    float[] sums = new float[terms[0].size()];
    return memory -> {
      System.arraycopy(memory.reals(terms[0]), 0, sums, 0, sums.length);
      for (int term = 1; term < terms.length; term++) {
        float[] values = memory.reals(terms[term]);
        for (int i = 0; i < sums.length; i++) {
          sums[i] += values[i];
        }
      }
      finisher.store(sums, sums.length, memory, 0);
    };
  }

  static Kernel scaleShift(Step step, Affine affine) {
    Finisher finisher = Finisher.of(step);
    Operand input = step.input();
    int channels = affine.channels();
    float[] results = new float[channels];
    return memory -> {
      float[] values = memory.reals(input);
      for (int at = 0; at < input.size(); at += channels) {
        for (int c = 0; c < channels; c++) {
          results[c] = values[at + c] * affine.factor(c) + affine.addend(c);
        }
        finisher.store(results, channels, memory, at);
      }
    };
  }

  static Kernel activate(Step step, Activate activate) {
    Operand input = step.input();
    Operand output = step.output();
    return memory -> {
      float[] values = memory.reals(input);
      float[] results = memory.reals(output);
      for (int i = 0; i < input.size(); i++) {
        results[i] = activate.function().apply(values[i], activate.parameter());
      }
    };
  }

  static Kernel softmax(Step step) {
    Operand input = step.input();
    Operand output = step.output();
    int channels = input.shape().channels();
    double[] powers = new double[channels];
    return memory -> {
      for (int at = 0; at < input.size(); at += channels) {
        softmax(memory.reals(input), memory.reals(output), at, powers);
      }
    };
  }

  private static void softmax(float[] values, float[] results, int at, double[] powers) {
    float largest = values[at];
    for (int c = 1; c < powers.length; c++) {
      largest = Math.max(largest, values[at + c]);
    }
    double sum = 0;
    for (int c = 0; c < powers.length; c++) {
      powers[c] = Math.exp((double) values[at + c] - largest);
      sum += powers[c];
    }
    for (int c = 0; c < powers.length; c++) {
      results[at + c] = (float) (powers[c] / sum);
    }
  }

  static Kernel concatenate(Step step) {
    Operand[] parts = step.inputs().toArray(Operand[]::new);
    Operand output = step.output();
    int channels = output.shape().channels();
    return memory -> {
      int first = 0;
      for (Operand part : parts) {
        int width = part.shape().channels();
        for (int pixel = 0; pixel < output.shape().pixels(); pixel++) {
          System.arraycopy(
              memory.reals(part),
              pixel * width,
              memory.reals(output),
              pixel * channels + first,
              width);
        }
        first += width;
      }
    };
  }

  static Kernel zeroPad(Step step, ZeroPad zeroPad) {
    Operand input = step.input();
    Operand output = step.output();
    Shape from = input.shape();
    int row = from.width() * from.channels();
    int paddedRow = output.shape().width() * from.channels();
    int first = zeroPad.padding().top() * paddedRow + zeroPad.padding().left() * from.channels();
    return memory -> {
      float[] results = memory.reals(output);
      Arrays.fill(results, 0, output.size(), 0);
      for (int y = 0; y < from.height(); y++) {
        System.arraycopy(memory.reals(input), y * row, results, first + y * paddedRow, row);
      }
    };
  }
}
