package org.lsq4j.deploy.graph;

/**
 * Functions of one real number. Those that are not sums, products and comparisons are computed in
 * double precision and rounded to float once.
 */
public enum Activation {
  /** max(x, 0). */
  RELU,
  /** min(max(x, 0), 6). */
  RELU6,
  /** x, or parameter * x below 0. */
  LEAKY_RELU,
  /** x, or parameter * (e^x - 1) below 0. */
  ELU,
  /** 1 / (1 + e^-x). */
  SIGMOID,
  /** min(max(0.2 x + 0.5, 0), 1). */
  HARD_SIGMOID,
  /** tanh x. */
  TANH,
  /** ln(1 + e^x). */
  SOFTPLUS,
  /** x / (1 + e^-x). */
  SWISH,
  /** x / (1 + e^(-1.702 x)): GELU by a sigmoid. */
  GELU,
  /** x tanh(ln(1 + e^x)). */
  MISH;

  private static final double GELU_SLOPE = 1.702;
  private static final float SIX = 6;

  /** Whether the function has a parameter. */
  public boolean hasParameter() {
    return this == LEAKY_RELU || this == ELU;
  }

  /** The function's value. */
  public float apply(float x, float parameter) {
    return switch (this) {
      case RELU -> Math.max(x, 0);
      case RELU6 -> Math.min(Math.max(x, 0), SIX);
      case LEAKY_RELU -> x < 0 ? x * parameter : x;
      case ELU -> x < 0 ? (float) (parameter * Math.expm1(x)) : x;
      case SIGMOID -> (float) (1 / (1 + Math.exp(-x)));
      case HARD_SIGMOID -> Math.min(Math.max(0.2f * x + 0.5f, 0), 1);
      case TANH -> (float) Math.tanh(x);
      case SOFTPLUS -> (float) softplus(x);
      case SWISH -> (float) (x / (1 + Math.exp(-x)));
      case GELU -> (float) (x / (1 + Math.exp(-GELU_SLOPE * x)));
      case MISH -> (float) (x * Math.tanh(softplus(x)));
    };
  }

  /** Without overflow for large x. */
  private static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }
}
