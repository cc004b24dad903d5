package org.lsq4j.layer.impl;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.linalg.learning.regularization.WeightDecay;
import org.nd4j.linalg.schedule.ISchedule;

/**
 * What regularization adds to a layer's score in every step, as DL4J has it. The sums of squares
 * are BLAS's, which takes a tenth to a third of the time of ND4J's norm.
 */
final class RegularizationScore {

  private RegularizationScore() {}

  static double of(BaseLayer<?> layer) {
    return layer.paramTable().entrySet().stream()
        .mapToDouble(parameter -> ofParameter(layer, parameter))
        .sum();
  }

  private static double ofParameter(BaseLayer<?> layer, Map.Entry<String, INDArray> parameter) {
    List<Regularization> terms = layer.layerConf().getRegularizationByParam(parameter.getKey());
    return terms == null
        ? 0
        : terms.stream().mapToDouble(term -> score(layer, term, parameter.getValue())).sum();
  }

  private static double score(BaseLayer<?> layer, Regularization term, INDArray values) {
    int iteration = layer.getIterationCount();
    int epoch = layer.getEpochCount();
    Optional<ISchedule> coefficient = ofSquares(term);
    if (coefficient.isEmpty() || values.elementWiseStride() != 1) {
      return term.score(values, iteration, epoch);
    }
    double norm = Nd4j.getBlasWrapper().level1().nrm2(values);
    return 0.5 * coefficient.get().valueAt(iteration, epoch) * norm * norm;
  }

  /** The factor of half the sum of squares; empty for another penalty. */
  private static Optional<ISchedule> ofSquares(Regularization term) {
    if (term.getClass() == L2Regularization.class) {
      return Optional.of(((L2Regularization) term).getL2());
    }
    return term.getClass() == WeightDecay.class
        ? Optional.of(((WeightDecay) term).getCoeff())
        : Optional.empty();
  }
}
