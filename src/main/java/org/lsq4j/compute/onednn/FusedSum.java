package org.lsq4j.compute.onednn;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.compute.SumKernel;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Sums and rectifiers in one pass over memory. */
final class FusedSum implements SumKernel {

  private static final float HUGE = 1e30f;

  private final Rectifier rectifier;
  private final SumKernel portable;

  FusedSum(Rectifier rectifier, SumKernel portable) {
    this.rectifier = rectifier;
    this.portable = portable;
  }

  @Override
  public void forward(List<INDArray> terms, INDArray y) {
    List<INDArray> all = new ArrayList<>(terms);
    all.add(y);
    if (!areAlike(all)) {
      portable.forward(terms, y);
      return;
    }
    float lowest = lowest();
    List<FloatBuffer> from = terms.stream().map(DenseTensors::buffer).toList();
    FloatBuffer to = DenseTensors.buffer(y);
    Blocks.forEach(
        y.length(),
        (first, count) -> {
          float[] sum = Blocks.scratch(0);
          float[] term = Blocks.scratch(1);
          from.get(0).get(first, sum, 0, count);
          for (int i = 1; i < from.size(); i++) {
            from.get(i).get(first, term, 0, count);
            add(sum, term, count);
          }
          clip(sum, lowest, count);
          to.put(first, sum, 0, count);
        });
  }

  @Override
  public void backward(INDArray y, INDArray dy, List<INDArray> gradients) {
    List<INDArray> all = new ArrayList<>(gradients);
    all.add(y);
    all.add(dy);
    if (!areAlike(all)) {
      portable.backward(y, dy, gradients);
      return;
    }
    FloatBuffer results = DenseTensors.buffer(y);
    FloatBuffer upstream = DenseTensors.buffer(dy);
    List<FloatBuffer> targets = gradients.stream().map(DenseTensors::buffer).toList();
    Blocks.forEach(
        y.length(),
        (first, count) -> {
          float[] gradient = Blocks.scratch(0);
          upstream.get(first, gradient, 0, count);
          if (rectifier == Rectifier.RELU) {
            float[] result = Blocks.scratch(1);
            results.get(first, result, 0, count);
            mask(gradient, result, count);
          }
          targets.forEach(target -> target.put(first, gradient, 0, count));
        });
  }

  private float lowest() {
    return rectifier == Rectifier.RELU ? 0f : Float.NEGATIVE_INFINITY;
  }

  /** Whether tensors are float, of one shape, and lie in memory in one order without gaps. */
  private static boolean areAlike(List<INDArray> tensors) {
    INDArray first = tensors.get(0);
    return first.length() < Integer.MAX_VALUE
        && tensors.stream()
            .allMatch(
                tensor ->
                    DenseTensors.isRowMajor(tensor)
                        && Arrays.equals(tensor.shape(), first.shape()));
  }

  private static void add(float[] sum, float[] term, int count) {
    for (int i = 0; i < count; i++) {
      sum[i] += term[i];
    }
  }

  private static void clip(float[] values, float lowest, int count) {
    for (int i = 0; i < count; i++) {
      values[i] = Math.max(values[i], lowest);
    }
  }

  private static void mask(float[] gradient, float[] result, int count) {
    for (int i = 0; i < count; i++) {
      // 1 behind a positive result, even the smallest, else 0. Products compile to vector
      // instructions, a branch does not.
      gradient[i] *= Math.min(1f, result[i] * HUGE * HUGE);
    }
  }
}
