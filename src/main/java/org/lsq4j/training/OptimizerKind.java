package org.lsq4j.training;

/** Which gradient updater trains a network. */
public enum OptimizerKind {
  /** Stochastic gradient descent with Nesterov momentum. */
  SGD,
  /** Adam with decoupled weight decay. */
  ADAM
}
