package org.lsq4j.compute.profile;

import java.util.Arrays;
import org.lsq4j.compute.ComputeEngine;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.LinearGradients;
import org.lsq4j.compute.LinearKernel;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.TensorForm;
import org.lsq4j.compute.TensorForms;
import org.lsq4j.compute.profile.ConvolutionCall.Pass;
import org.lsq4j.compute.profile.KernelProfile.ConvolutionUse;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Repeats a call of a profile alone, with an engine's own kernel, on random tensors of the same
 * shapes. Operands that were quantized are quantized again, to the same bits with the same steps,
 * so that the kernel takes the same way. That is not measured, as it is not the convolution's in a
 * profile.
 */
public final class ConvolutionReplay {

  /** Calls before the measured ones, in which an engine makes what it keeps. */
  private static final int WARMUP = 2;

  private final Pass pass;
  private final LinearKernel kernel;
  private final ReplayedOperand input;
  private final ReplayedOperand weights;
  private final INDArray bias;
  private final TensorForms forms;
  private final FormedTensor y;
  private final FormedTensor dy;
  private final LinearGradients gradients;

  /**
   * Prepares the tensors.
   *
   * @param engine computes; not the profiling one
   * @param use the call and its quantizers
   */
  public ConvolutionReplay(ComputeEngine engine, ConvolutionUse use) {
    ConvolutionCall call = use.call();
    pass = call.pass();
    kernel = engine.convolution(call.geometry());
    input = ReplayedOperand.of(engine, call.input(), use.input(), call.type());
    weights = ReplayedOperand.of(engine, call.weights(), use.weights(), call.type());
    bias = call.bias() ? ReplayedOperand.random(call.type(), -1, 1, call.outChannels()) : null;
    forms = call.forms();
    INDArray random = ReplayedOperand.random(call.type(), -1, 1, call.outputShape());
    dy = new FormedTensor(random, forms.output());
    // Codes can have a gradient of a product in blocks, but no such product.
    y = new FormedTensor(random.ulike(), pass == Pass.FORWARD ? forms.output() : TensorForm.PLAIN);
    gradients =
        new LinearGradients(
            pass == Pass.BACKWARD || pass == Pass.BACKWARD_INPUT ? input.tensor().ulike() : null,
            forms.input(),
            pass == Pass.BACKWARD_INPUT ? null : weights.tensor().ulike(),
            call.bias() ? bias.ulike() : null);
  }

  /**
   * Calls the kernel and measures.
   *
   * @param repetitions measured calls, 1 or more
   * @return nanoseconds of each
   */
  public long[] run(int repetitions) {
    for (int i = 0; i < WARMUP; i++) {
      runOnce();
    }
    long[] nanos = new long[repetitions];
    Arrays.setAll(nanos, i -> runOnce());
    return nanos;
  }

  private long runOnce() {
    Operand x = input.fresh(forms.input());
    Operand w = weights.fresh(TensorForm.PLAIN);
    long forward = time(() -> kernel.forwardTo(x, w, bias, y));
    // Backward comes after forward, as in a training step: it finds what the forward pass left.
    return pass == Pass.FORWARD ? forward : time(() -> kernel.backwardFrom(x, w, dy, gradients));
  }

  private static long time(Runnable work) {
    long started = System.nanoTime();
    work.run();
    return System.nanoTime() - started;
  }
}
