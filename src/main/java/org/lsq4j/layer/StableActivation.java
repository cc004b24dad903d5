package org.lsq4j.layer;

import java.util.Objects;
import java.util.Set;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationGELU;
import org.nd4j.linalg.activations.impl.ActivationMish;
import org.nd4j.linalg.activations.impl.ActivationSwish;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Swish, GELU or Mish with a gradient for inputs of any size. ND4J's is NaN where a power of e
 * overflows, for float from 22 (Mish), 26 (GELU) or 44 (Swish) on; behind a batch norm a channel
 * that is nearly always the same reaches that. Where the gradient is 1 within rounding, it is
 * computed at a smaller input. The function itself is ND4J's.
 */
public final class StableActivation implements IActivation {

  private static final long serialVersionUID = 1L;

  /** The gradients differ from 1 by less than a float's rounding from here on. */
  private static final double FLOAT_LINEAR_FROM = 20;

  /** The same for double, whose powers overflow later. */
  private static final double DOUBLE_LINEAR_FROM = 80;

  private static final Set<Class<? extends IActivation>> UNSTABLE =
      Set.of(ActivationSwish.class, ActivationGELU.class, ActivationMish.class);

  private final IActivation function;

  /** For JSON only. */
  private StableActivation() {
    this(new ActivationSwish());
  }

  private StableActivation(IActivation function) {
    this.function = function;
  }

  /** Swish: x sigmoid(x). */
  public static IActivation swish() {
    return of(new ActivationSwish());
  }

  /** A function with a gradient that stays finite; the function itself if its gradient does. */
  public static IActivation of(IActivation function) {
    return function != null && UNSTABLE.contains(function.getClass())
        ? new StableActivation(function)
        : function;
  }

  /** The function of ND4J that one computes, which may be the argument itself. */
  public static IActivation plain(IActivation function) {
    return function instanceof StableActivation stable ? stable.function : function;
  }

  @Override
  public INDArray getActivation(INDArray in, boolean training) {
    return function.getActivation(in, training);
  }

  /** Overwrites {@code in}, as ND4J's functions may. */
  @Override
  public Pair<INDArray, INDArray> backprop(INDArray in, INDArray epsilon) {
    double limit = in.dataType() == DataType.DOUBLE ? DOUBLE_LINEAR_FROM : FLOAT_LINEAR_FROM;
    return function.backprop(Transforms.min(in, limit, false), epsilon);
  }

  @Override
  public int numParams(int inputSize) {
    return function.numParams(inputSize);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StableActivation that && function.equals(that.function);
  }

  @Override
  public int hashCode() {
    return Objects.hash(function);
  }

  @Override
  public String toString() {
    return function.toString();
  }
}
