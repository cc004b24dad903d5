package org.lsq4j.compute.profile;

import java.util.Arrays;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.TensorForm;
import org.lsq4j.compute.profile.ConvolutionCall.Source;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * An operand and what a profile tells of it. Its values are not asked for that: an engine may have
 * to compute them first.
 *
 * @param operand as the profiled engine made it or takes it
 * @param tensor the operand, or what was quantized: a tensor of the same shape
 * @param quantizer what made it; null for plain values
 */
record ProfiledOperand(Operand operand, INDArray tensor, QuantizerTensors quantizer)
    implements Operand {

  /** The operand of a profiled quantizer as it is; any other one is plain. */
  static ProfiledOperand of(Operand operand) {
    if (operand instanceof ProfiledOperand profiled) {
      return profiled;
    }
    INDArray tensor = operand instanceof FormedTensor formed ? formed.array() : operand.values();
    return new ProfiledOperand(operand, tensor, null);
  }

  /** Plain, or in blocks of channels. */
  TensorForm form() {
    return operand instanceof FormedTensor formed
        ? ProfiledConvolution.plainOrBlocks(formed.form())
        : TensorForm.PLAIN;
  }

  Source source() {
    return new Source(
        Arrays.stream(tensor.shape()).boxed().toList(),
        quantizer == null ? null : quantizer.spec());
  }

  /** The quantizer as it is now; null for plain values. */
  QuantizerSnapshot snapshot() {
    return quantizer == null ? null : QuantizerSnapshot.of(quantizer);
  }

  @Override
  public INDArray values() {
    return operand.values();
  }
}
