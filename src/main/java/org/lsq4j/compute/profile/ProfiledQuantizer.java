package org.lsq4j.compute.profile;

import java.util.Optional;
import org.lsq4j.compute.FakeQuantizeKernel;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.QuantizerGradients;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.TensorMemory;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Counts the calls of a quantizer. */
final class ProfiledQuantizer implements FakeQuantizeKernel {

  private final FakeQuantizeKernel kernel;
  private final KernelRecorder recorder;

  ProfiledQuantizer(FakeQuantizeKernel kernel, KernelRecorder recorder) {
    this.kernel = kernel;
    this.recorder = recorder;
  }

  @Override
  public Operand forward(INDArray x, QuantizerTensors parameters, TensorMemory memory) {
    Operand operand =
        recorder.call(KernelKind.QUANTIZER_FORWARD, () -> kernel.forward(x, parameters, memory));
    return new ProfiledOperand(operand, x, parameters);
  }

  @Override
  public void backward(
      INDArray x, QuantizerTensors parameters, INDArray upstream, QuantizerGradients gradients) {
    recorder.run(
        KernelKind.QUANTIZER_BACKWARD, () -> kernel.backward(x, parameters, upstream, gradients));
  }

  @Override
  public Optional<INDArray> stepSlopes(INDArray x, QuantizerTensors parameters) {
    return recorder.call(KernelKind.QUANTIZER_BACKWARD, () -> kernel.stepSlopes(x, parameters));
  }
}
