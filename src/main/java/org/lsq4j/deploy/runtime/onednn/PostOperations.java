package org.lsq4j.deploy.runtime.onednn;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.javacpp.FloatPointer;
import org.lsq4j.compute.dnnl.Descriptors;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.deploy.runtime.Step.Finish;
import org.lsq4j.deploy.runtime.Step.Rectifier;
import org.lsq4j.quantizer.CodeRange;

/**
 * What is done with a primitive's results before they are stored, each operation with one rounding
 * of float. The conversion to bytes clips to their range and rounds half to even.
 *
 * <p>No kind of element-wise operation occurs twice: oneDNN 2.5 takes the numbers of one for both.
 */
final class PostOperations {

  private static final int BYTE_LEVELS = 256;

  private final post_ops operations = new post_ops();
  private final List<Argument> arguments = new ArrayList<>();

  /** The second operand of a binary operation. */
  private record Argument(int number, memory.desc layout, FloatPointer values) {}

  /** For a primitive's attributes. */
  post_ops operations() {
    return operations;
  }

  /** Gives a call the operands. */
  Call bind(Call call) {
    for (Argument argument : arguments) {
      call.constant(argument.number, argument.layout, argument.values);
    }
    return call;
  }

  /** Adds numbers, which are broadcast. */
  PostOperations add(memory.desc layout, FloatPointer values) {
    int number =
        dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE * (operations.len() + 1) | dnnl.DNNL_ARG_SRC_1;
    arguments.add(new Argument(number, layout, values));
    operations.append_binary(dnnl.algorithm.binary_add.value, layout);
    return this;
  }

  /**
   * Rectifies and quantizes.
   *
   * @param rank of the primitive's result
   */
  PostOperations finish(Finish finish, int rank) {
    Optional<Quantizer> quantizer = finish.quantizer();
    boolean isRectified = finish.rectifier() == Rectifier.RELU;
    if (quantizer.isPresent()) {
      eltwise(dnnl.algorithm.eltwise_linear, quantizer.get().inverseStep(), 0);
      // A rectifier is a clip, and scaling keeps the order: one clip behind it does for both.
      float floor = isRectified ? -quantizer.get().offset().steps() : Float.NEGATIVE_INFINITY;
      round(quantizer.get(), floor, rank);
    } else if (isRectified) {
      // Not eltwise_relu, which makes -0 of negative numbers in some kernels.
      eltwise(dnnl.algorithm.eltwise_clip, 0, Float.POSITIVE_INFINITY);
    }
    return this;
  }

  /**
   * The part of quantization that follows the multiplication by 1 / s.
   *
   * @param floor the least number in units of steps
   * @param rank of the primitive's result
   */
  PostOperations round(Quantizer quantizer, float floor, int rank) {
    float offset = quantizer.offset().steps();
    if (offset != 0) {
      long[] sizes = new long[rank];
      java.util.Arrays.fill(sizes, 1);
      add(Descriptors.dense(sizes), new FloatPointer(new float[] {-offset}));
    }
    CodeRange range = quantizer.range();
    float lowest = Math.min(Math.max(range.lowest(), floor), range.highest());
    if (range.levels() < BYTE_LEVELS || lowest > range.lowest()) {
      eltwise(dnnl.algorithm.eltwise_clip, lowest, range.highest());
    }
    return this;
  }

  private void eltwise(dnnl.algorithm algorithm, float alpha, float beta) {
    operations.append_eltwise(1f, algorithm.value, alpha, beta);
  }
}
