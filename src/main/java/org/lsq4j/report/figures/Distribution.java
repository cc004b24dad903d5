package org.lsq4j.report.figures;

import java.util.Locale;
import org.apache.commons.math3.distribution.LaplaceDistribution;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.distribution.RealDistribution;
import org.apache.commons.math3.distribution.UniformRealDistribution;
import org.apache.commons.math3.random.MersenneTwister;
import org.apache.commons.math3.random.RandomGenerator;

/** Distributions to draw data from. All have standard deviation 1 before a rectifier. */
public enum Distribution {
  /** Gaussian: weights of most layers. */
  NORMAL,
  /** Laplace: a sharp peak and long tails, as of gradients and some weights. */
  LAPLACE,
  /** Uniform: as fresh weights. */
  UNIFORM,
  /** Gaussian after a ReLU: half of the values around 0 are zeros, as activations have them. */
  RELU_NORMAL;

  private static final double UNIT_LAPLACE = Math.sqrt(0.5);
  private static final double UNIT_UNIFORM = Math.sqrt(3);

  /** The name on the command line: lower case, with hyphens. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * Draws values; a seed always gives the same ones.
   *
   * @param center mean of the distribution, before the rectifier if there is one
   */
  public FigureData draw(double center, Sampling sampling) {
    double[] values = around(center, new MersenneTwister(sampling.seed())).sample(sampling.count());
    if (this == RELU_NORMAL) {
      for (int i = 0; i < values.length; i++) {
        values[i] = Math.max(values[i], 0);
      }
    }
    return new FigureData(word(), values);
  }

  private RealDistribution around(double center, RandomGenerator random) {
    return switch (this) {
      case NORMAL, RELU_NORMAL -> new NormalDistribution(random, center, 1);
      case LAPLACE -> new LaplaceDistribution(random, center, UNIT_LAPLACE);
      case UNIFORM ->
          new UniformRealDistribution(random, center - UNIT_UNIFORM, center + UNIT_UNIFORM);
    };
  }
}
