package org.lsq4j.compute.profile;

import org.lsq4j.compute.PoolingKernel;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Counts the calls of a pooling. */
final class ProfiledPooling implements PoolingKernel {

  private final PoolingKernel kernel;
  private final KernelRecorder recorder;

  ProfiledPooling(PoolingKernel kernel, KernelRecorder recorder) {
    this.kernel = kernel;
    this.recorder = recorder;
  }

  @Override
  public void forwardInference(INDArray x, INDArray y) {
    recorder.run(KernelKind.POOLING_FORWARD, () -> kernel.forwardInference(x, y));
  }

  @Override
  public void forwardTraining(INDArray x, INDArray y) {
    recorder.run(KernelKind.POOLING_FORWARD, () -> kernel.forwardTraining(x, y));
  }

  @Override
  public void backward(INDArray x, INDArray dy, INDArray dx) {
    recorder.run(KernelKind.POOLING_BACKWARD, () -> kernel.backward(x, dy, dx));
  }
}
