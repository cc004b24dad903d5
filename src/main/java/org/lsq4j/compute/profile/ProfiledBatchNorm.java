package org.lsq4j.compute.profile;

import java.util.Optional;
import org.lsq4j.compute.BatchNormGradients;
import org.lsq4j.compute.BatchNormKernel;
import org.lsq4j.compute.BatchNormTensors;
import org.lsq4j.compute.JoinedNormKernel;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Counts the calls of a batch normalization. */
final class ProfiledBatchNorm implements BatchNormKernel {

  private final BatchNormKernel kernel;
  private final KernelRecorder recorder;

  ProfiledBatchNorm(BatchNormKernel kernel, KernelRecorder recorder) {
    this.kernel = kernel;
    this.recorder = recorder;
  }

  @Override
  public void forwardInference(INDArray x, BatchNormTensors tensors, INDArray y) {
    recorder.run(KernelKind.BATCH_NORM_FORWARD, () -> kernel.forwardInference(x, tensors, y));
  }

  @Override
  public void forwardTraining(INDArray x, BatchNormTensors tensors, INDArray y) {
    recorder.run(KernelKind.BATCH_NORM_FORWARD, () -> kernel.forwardTraining(x, tensors, y));
  }

  @Override
  public void backward(
      INDArray x, BatchNormTensors tensors, INDArray dy, BatchNormGradients gradients) {
    recorder.run(KernelKind.BATCH_NORM_BACKWARD, () -> kernel.backward(x, tensors, dy, gradients));
  }

  @Override
  public Optional<JoinedNormKernel> joined() {
    return kernel.joined().map(joined -> new ProfiledJoinedNorm(joined, recorder));
  }
}
