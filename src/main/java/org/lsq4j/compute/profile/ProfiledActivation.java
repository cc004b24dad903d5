package org.lsq4j.compute.profile;

import org.lsq4j.compute.ActivationKernel;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Counts the calls of an activation function. */
final class ProfiledActivation implements ActivationKernel {

  private final ActivationKernel kernel;
  private final KernelRecorder recorder;

  ProfiledActivation(ActivationKernel kernel, KernelRecorder recorder) {
    this.kernel = kernel;
    this.recorder = recorder;
  }

  @Override
  public void forward(INDArray x, INDArray y) {
    recorder.run(KernelKind.ACTIVATION_FORWARD, () -> kernel.forward(x, y));
  }

  @Override
  public void backward(INDArray x, INDArray dy, INDArray dx) {
    recorder.run(KernelKind.ACTIVATION_BACKWARD, () -> kernel.backward(x, dy, dx));
  }
}
