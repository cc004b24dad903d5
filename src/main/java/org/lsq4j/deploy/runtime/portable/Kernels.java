package org.lsq4j.deploy.runtime.portable;

import org.lsq4j.deploy.graph.Operation;
import org.lsq4j.deploy.graph.Operation.Activate;
import org.lsq4j.deploy.graph.Operation.Add;
import org.lsq4j.deploy.graph.Operation.Concatenate;
import org.lsq4j.deploy.graph.Operation.Pool;
import org.lsq4j.deploy.graph.Operation.Product;
import org.lsq4j.deploy.graph.Operation.Quantize;
import org.lsq4j.deploy.graph.Operation.ScaleShift;
import org.lsq4j.deploy.graph.Operation.Softmax;
import org.lsq4j.deploy.graph.Operation.ZeroPad;
import org.lsq4j.deploy.runtime.Step;

/** Makes the kernel of a step. */
public final class Kernels {

  private Kernels() {}

  /** A kernel for one thread. */
  public static Kernel of(Step step) {
    Operation operation = step.operation();
    if (operation instanceof Product) {
      return PlaneKernel.suits(ProductShape.of(step))
          ? new PlaneKernel(step)
          : new ProductKernel(step);
    } else if (operation instanceof Quantize) {
      return RealKernels.quantize(step);
    } else if (operation instanceof Add) {
      return RealKernels.add(step);
    } else if (operation instanceof ScaleShift scaleShift) {
      return RealKernels.scaleShift(step, scaleShift.affine());
    } else if (operation instanceof Activate activate) {
      return RealKernels.activate(step, activate);
    } else if (operation instanceof Softmax) {
      return RealKernels.softmax(step);
    } else if (operation instanceof Concatenate) {
      return RealKernels.concatenate(step);
    } else if (operation instanceof Pool pool) {
      return PoolKernels.of(step, pool);
    } else if (operation instanceof ZeroPad zeroPad) {
      return RealKernels.zeroPad(step, zeroPad);
    }
    throw new IllegalArgumentException(operation + " is no step of a program");
  }
}
