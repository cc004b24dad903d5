package org.lsq4j.deploy.runtime.portable;

import java.util.Arrays;
import org.lsq4j.deploy.graph.Operation.Product;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.deploy.graph.Shape;
import org.lsq4j.deploy.graph.Weights;
import org.lsq4j.deploy.runtime.Operand;
import org.lsq4j.deploy.runtime.Step;

/**
 * Convolutions with Java's vector module: an output channel at a time, each weight with
 * neighbouring pixels of some rows, whatever the number of channels. Weights that are 0 cost
 * nothing. Sums of integers are exact, so results are those of {@link ProductKernel}.
 */
final class PlaneKernel implements Kernel {

  /** Sums of a channel at a time: they stay in the nearest cache. */
  private static final int BLOCK = 1024;

  /** Fewer do not fill vectors; loops over channels are the longer ones then. */
  private static final int FEWEST_PIXELS = 8;

  /** Larger images would take much memory beside their own. */
  private static final long MOST_CODES = 1L << 24;

  private static final boolean HAS_VECTORS = hasVectors();

  private final ProductShape shape;
  private final Operand input;
  private final Finisher finisher;
  private final float[] multipliers;
  private final Addends addends;
  private final InputPlanes planes;

  /** For each output channel the weights that are not 0. */
  private final VectorSums.Terms[] terms;

  private final int blockRows;
  private final int[][] sums;
  private final float[] results;

  PlaneKernel(Step step) {
    Product product = (Product) step.operation();
    shape = ProductShape.of(step);
    input = step.input();
    finisher = Finisher.of(step);
    addends = shape.addends(step);
    Quantizer quantizer = input.tensor().quantizer().orElseThrow();
    Shape output = shape.output();
    multipliers = new float[output.channels()];
    planes = new InputPlanes(shape);
    terms = new VectorSums.Terms[multipliers.length];
    for (int channel = 0; channel < multipliers.length; channel++) {
      multipliers[channel] = product.multiplier(quantizer, channel);
      terms[channel] = terms(product.weights(), channel);
    }
    blockRows = Math.min(output.height(), Math.max(1, BLOCK / planes.width()));
    sums = new int[multipliers.length][length(blockRows) + VectorSums.slack()];
    results = new float[output.width() * output.channels()];
  }

  private static boolean hasVectors() {
    try {
      return VectorSums.probe() > 0;
    } catch (LinkageError e) {
      return false;
    }
  }

  /** Whether this is the faster kernel for a product: only with Java's vector module. */
  static boolean suits(ProductShape shape) {
    return HAS_VECTORS
        && shape.output().pixels() >= FEWEST_PIXELS
        && InputPlanes.size(shape) <= MOST_CODES;
  }

  private VectorSums.Terms terms(Weights source, int output) {
    int inputs = shape.groupInputs();
    int firstInput = output / shape.groupOutputs() * inputs;
    int kernelWidth = shape.window().kernel().width();
    int[] weights = new int[source.perOutput()];
    int[] places = new int[weights.length];
    int count = 0;
    for (int i = 0; i < source.perOutput(); i++) {
      if (source.code(output, i) != 0) {
        int tap = i / inputs;
        weights[count] = source.code(output, i);
        places[count] = planes.first(firstInput + i % inputs, tap / kernelWidth, tap % kernelWidth);
        count++;
      }
    }
    return new VectorSums.Terms(Arrays.copyOf(weights, count), Arrays.copyOf(places, count));
  }

  /** Sums of some rows; those between two rows mean nothing. */
  private int length(int rows) {
    return (rows - 1) * planes.width() + shape.output().width();
  }

  @Override
  public void run(Memory memory) {
    planes.fill(memory.codes(input));
    for (int row = 0; row < shape.output().height(); row += blockRows) {
      int rows = Math.min(blockRows, shape.output().height() - row);
      for (int output = 0; output < sums.length; output++) {
        VectorSums.of(
            terms[output], planes.codes(), row * planes.width(), sums[output], length(rows));
      }
      for (int i = 0; i < rows; i++) {
        finish(row + i, i * planes.width(), memory);
      }
    }
  }

  private void finish(int row, int from, Memory memory) {
    for (int channel = 0; channel < sums.length; channel++) {
      if (addends.areUniform()) {
        scale(channel, from, addends.at(0, 0)[channel]);
      } else {
        scaleRow(channel, from, row);
      }
    }
    finisher.store(results, results.length, memory, row * results.length);
  }

  private void scale(int channel, int from, float addend) {
    int[] source = sums[channel];
    float multiplier = multipliers[channel];
    for (int at = channel, i = from; at < results.length; at += sums.length, i++) {
      results[at] = source[i] * multiplier + addend;
    }
  }

  private void scaleRow(int channel, int from, int row) {
    int[] source = sums[channel];
    float multiplier = multipliers[channel];
    for (int column = 0; column < shape.output().width(); column++) {
      float addend = addends.at(row, column)[channel];
      results[column * sums.length + channel] = source[from + column] * multiplier + addend;
    }
  }
}
