package org.lsq4j.compute.profile;

import java.util.List;
import org.lsq4j.compute.SumKernel;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Counts the calls of a sum. */
final class ProfiledSum implements SumKernel {

  private final SumKernel kernel;
  private final KernelRecorder recorder;

  ProfiledSum(SumKernel kernel, KernelRecorder recorder) {
    this.kernel = kernel;
    this.recorder = recorder;
  }

  @Override
  public void forward(List<INDArray> terms, INDArray y) {
    recorder.run(KernelKind.SUM_FORWARD, () -> kernel.forward(terms, y));
  }

  @Override
  public void backward(INDArray y, INDArray dy, List<INDArray> gradients) {
    recorder.run(KernelKind.SUM_BACKWARD, () -> kernel.backward(y, dy, gradients));
  }
}
