package org.lsq4j.deploy.runtime.portable;

import java.util.Arrays;
import org.lsq4j.deploy.graph.Operation.Pool;
import org.lsq4j.deploy.graph.Operation.PoolKind;
import org.lsq4j.deploy.graph.Shape;
import org.lsq4j.deploy.graph.Window.Axis;
import org.lsq4j.deploy.runtime.Operand;
import org.lsq4j.deploy.runtime.Step;

/** Kernels of poolings. */
final class PoolKernels {

  private PoolKernels() {}

  static Kernel of(Step step, Pool pool) {
    if (pool.kind() != PoolKind.MAXIMUM) {
      return new Average(step, pool);
    }
    return step.input().isCodes() ? new CodeMaximum(step, pool) : new RealMaximum(step, pool);
  }

  /** Goes over the output pixels and the taps of each that lie inside the image. */
  private abstract static class Sliding implements Kernel {
    final Operand input;
    final Operand output;
    final int channels;
    private final Pool pool;

    Sliding(Step step, Pool pool) {
      this.pool = pool;
      input = step.input();
      output = step.output();
      channels = input.shape().channels();
    }

    abstract void begin();

    abstract void tap(Memory memory, int from);

    /** Stores the result of a pixel. */
    abstract void end(Memory memory, int at, int inside);

    @Override
    public void run(Memory memory) {
      Shape pooled = pool.window().over(input.shape(), channels);
      int at = 0;
      for (int row = 0; row < pooled.height(); row++) {
        for (int column = 0; column < pooled.width(); column++) {
          begin();
          int inside = taps(memory, row, column);
          end(memory, at, inside);
          at += channels;
        }
      }
    }

    private int taps(Memory memory, int row, int column) {
      Axis rows = pool.window().rows();
      Axis columns = pool.window().columns();
      Shape image = input.shape();
      int inside = 0;
      for (int tapRow = 0; tapRow < rows.kernel(); tapRow++) {
        int y = rows.input(row, tapRow);
        for (int tapColumn = 0; tapColumn < columns.kernel(); tapColumn++) {
          int x = columns.input(column, tapColumn);
          if (y >= 0 && y < image.height() && x >= 0 && x < image.width()) {
            tap(memory, (y * image.width() + x) * channels);
            inside++;
          }
        }
      }
      return inside;
    }
  }

  private static final class CodeMaximum extends Sliding {
    private final int[] largest;

    CodeMaximum(Step step, Pool pool) {
      super(step, pool);
      largest = new int[channels];
    }

    @Override
    void begin() {
      Arrays.fill(largest, Integer.MIN_VALUE);
    }

    @Override
    void tap(Memory memory, int from) {
      int[] codes = memory.codes(input);
      for (int c = 0; c < largest.length; c++) {
        largest[c] = Math.max(largest[c], codes[from + c]);
      }
    }

    @Override
    void end(Memory memory, int at, int inside) {
      System.arraycopy(largest, 0, memory.codes(output), at, largest.length);
    }
  }

  private static final class RealMaximum extends Sliding {
    private final float[] largest;

    RealMaximum(Step step, Pool pool) {
      super(step, pool);
      largest = new float[channels];
    }

    @Override
    void begin() {
      Arrays.fill(largest, Float.NEGATIVE_INFINITY);
    }

    @Override
    void tap(Memory memory, int from) {
      float[] values = memory.reals(input);
      for (int c = 0; c < largest.length; c++) {
        largest[c] = Math.max(largest[c], values[from + c]);
      }
    }

    @Override
    void end(Memory memory, int at, int inside) {
      System.arraycopy(largest, 0, memory.reals(output), at, largest.length);
    }
  }

  private static final class Average extends Sliding {
    private final float[] sums;
    private final Finisher finisher;
    private final int allTaps;

    Average(Step step, Pool pool) {
      super(step, pool);
      sums = new float[channels];
      finisher = Finisher.of(step);
      allTaps =
          pool.kind() == PoolKind.AVERAGE
              ? 0
              : pool.window().kernel().height() * pool.window().kernel().width();
    }

    @Override
    void begin() {
      Arrays.fill(sums, 0);
    }

    @Override
    void tap(Memory memory, int from) {
      float[] values = memory.reals(input);
      for (int c = 0; c < sums.length; c++) {
        sums[c] += values[from + c];
      }
    }

    @Override
    void end(Memory memory, int at, int inside) {
      float divisor = allTaps == 0 ? inside : allTaps;
      for (int c = 0; c < sums.length; c++) {
        sums[c] /= divisor;
      }
      finisher.store(sums, sums.length, memory, at);
    }
  }
}
