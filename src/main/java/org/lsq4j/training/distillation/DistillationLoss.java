package org.lsq4j.training.distillation;

import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.LossUtil;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * The loss of knowledge distillation (Hinton, Vinyals, Dean, 2015), for labels y, a teacher's
 * softened probabilities t = softmax(z_teacher / T) and a student's logits z:
 *
 * <pre>
 *   L     = a CE(y, p) + b T^2 CE(t, q)      p = softmax(z), q = softmax(z / T), CE(u, v) = -sum u log v
 *   dL/dz = a (p sum y - y) + b T (q sum t - t)
 * </pre>
 *
 * <p>The factor T^2 keeps the two parts in proportion when T changes. With a = b = 1 and T = 1 it
 * is the sum of the LSQ paper: cross-entropy against labels plus teacher probabilities. It is a
 * cross-entropy and not a divergence, so its least value is not 0 but what the entropies of y and t
 * leave.
 *
 * <p>Labels hold y and t side by side, [N, 2 C], as {@link Teacher} makes them. Labels without a
 * teacher, [N, C], give plain cross-entropy. The output layer has softmax, or the identity behind
 * probabilities.
 *
 * @param temperature T, more than 0
 * @param labelWeight a, 0 or more
 * @param teacherWeight b, 0 or more
 */
public record DistillationLoss(double temperature, double labelWeight, double teacherWeight)
    implements ILossFunction {

  private static final long serialVersionUID = 1L;

  /** The smallest probability whose logarithm is taken, as in DL4J's own cross-entropy. */
  private static final double SMALLEST = 1e-10;

  /** Checks the ranges. */
  public DistillationLoss {
    if (!(temperature > 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException("temperature: must be more than 0, got " + temperature);
    }
    requireWeight("labelWeight", labelWeight);
    requireWeight("weight", teacherWeight);
    if (labelWeight + teacherWeight == 0) {
      throw new IllegalArgumentException(
          "weight: the weights of labels and teacher must not both be 0");
    }
  }

  private static void requireWeight(String key, double weight) {
    if (!(weight >= 0) || Double.isInfinite(weight)) {
      throw new IllegalArgumentException(key + ": must be 0 or more, got " + weight);
    }
  }

  /** A mixture: a = 1 - b. */
  public static DistillationLoss mixture(double temperature, double teacherWeight) {
    return new DistillationLoss(temperature, 1 - teacherWeight, teacherWeight);
  }

  @Override
  public double computeScore(
      INDArray labels, INDArray preOutput, IActivation activation, INDArray mask, boolean average) {
    double score = losses(labels, preOutput, activation, mask).sumNumber().doubleValue();
    return average ? score / preOutput.size(0) : score;
  }

  /** The loss of each example, [N, 1]. */
  @Override
  public INDArray computeScoreArray(
      INDArray labels, INDArray preOutput, IActivation activation, INDArray mask) {
    return losses(labels, preOutput, activation, mask);
  }

  private INDArray losses(
      INDArray labels, INDArray preOutput, IActivation activation, INDArray mask) {
    Targets targets = targets(labels, preOutput);
    INDArray p = probabilities(preOutput, activation, 1);
    INDArray terms = log(p).muli(targets.labels).muli(targets.labelWeight);
    if (targets.teacher != null) {
      INDArray q = probabilities(preOutput, activation, temperature);
      double weight = teacherWeight * temperature * temperature;
      terms.addi(log(q).muli(targets.teacher).muli(weight));
    }
    if (mask != null) {
      LossUtil.applyMask(terms, mask);
    }
    return terms.sum(true, 1).negi();
  }

  @Override
  public INDArray computeGradient(
      INDArray labels, INDArray preOutput, IActivation activation, INDArray mask) {
    Targets targets = targets(labels, preOutput);
    INDArray p = probabilities(preOutput, activation, 1);
    INDArray gradient = difference(p, targets.labels).muli(targets.labelWeight);
    if (targets.teacher != null) {
      INDArray q = probabilities(preOutput, activation, temperature);
      gradient.addi(difference(q, targets.teacher).muli(teacherWeight * temperature));
    }
    if (!isSoftmax(activation)) {
      // dL/dz_i = p_i (dL/dp_i - sum_j p_j dL/dp_j), whose sum over i is 0: so dL/dp = dL/dz / p
      gradient.divi(Transforms.max(p, SMALLEST, false));
    }
    if (mask != null) {
      LossUtil.applyMask(gradient, mask);
    }
    return gradient;
  }

  @Override
  public Pair<Double, INDArray> computeGradientAndScore(
      INDArray labels, INDArray preOutput, IActivation activation, INDArray mask, boolean average) {
    return new Pair<>(
        computeScore(labels, preOutput, activation, mask, average),
        computeGradient(labels, preOutput, activation, mask));
  }

  @Override
  public String name() {
    return toString();
  }

  /** What is learned; the teacher's part may be null. */
  private record Targets(INDArray labels, double labelWeight, INDArray teacher) {}

  private Targets targets(INDArray labels, INDArray preOutput) {
    INDArray all = labels.castTo(preOutput.dataType());
    long classes = preOutput.size(1);
    if (all.size(1) == classes) {
      return new Targets(all, 1, null);
    }
    if (all.size(1) != 2 * classes) {
      throw new IllegalArgumentException(
          String.format(
              "Labels have %d columns, but the network tells %d classes apart: there must be %d, or"
                  + " %d with a teacher's probabilities behind them",
              all.size(1), classes, classes, 2 * classes));
    }
    INDArray own = all.get(NDArrayIndex.all(), NDArrayIndex.interval(0, classes));
    INDArray teacher = all.get(NDArrayIndex.all(), NDArrayIndex.interval(classes, 2 * classes));
    return new Targets(own, labelWeight, teacher);
  }

  private static boolean isSoftmax(IActivation activation) {
    return activation instanceof ActivationSoftmax;
  }

  private static INDArray probabilities(
      INDArray preOutput, IActivation activation, double temperature) {
    if (isSoftmax(activation)) {
      return softmax(preOutput.div(temperature));
    }
    return Softening.soften(activation.getActivation(preOutput.dup(), true), temperature);
  }

  private static INDArray softmax(INDArray logits) {
    return new ActivationSoftmax().getActivation(logits, true);
  }

  private static INDArray log(INDArray probabilities) {
    return Transforms.log(Transforms.max(probabilities, SMALLEST, true), false);
  }

  /** v sum u - u, the gradient of CE(u, softmax(z) = v). */
  private static INDArray difference(INDArray v, INDArray u) {
    return v.mulColumnVector(u.sum(true, 1)).subi(u);
  }
}
