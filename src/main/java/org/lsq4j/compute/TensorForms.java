package org.lsq4j.compute;

/**
 * The forms of the tensors on both sides of a {@link LinearKernel}: of x and y in the forward pass,
 * of their gradients in the backward pass.
 *
 * @param input of x or dL/dx
 * @param output of y or dL/dy
 */
public record TensorForms(TensorForm input, TensorForm output) {

  /** Both as they are. */
  public static final TensorForms PLAIN = new TensorForms(TensorForm.PLAIN, TensorForm.PLAIN);

  /** Both in blocks of 16 channels. */
  public static final TensorForms CHANNEL_BLOCKS =
      new TensorForms(TensorForm.CHANNEL_BLOCKS, TensorForm.CHANNEL_BLOCKS);

  /**
   * Checks that each tensor is in its form here or plain.
   *
   * @param onInput form of the tensor on the input's side
   * @param onOutput form of the tensor on the output's side
   * @throws IllegalArgumentException if not
   */
  public void require(TensorForm onInput, TensorForm onOutput) {
    require("the input", input, onInput);
    require("the output", output, onOutput);
  }

  private static void require(String side, TensorForm preferred, TensorForm found) {
    if (!found.isPlain() && !found.equals(preferred)) {
      throw new IllegalArgumentException(
          "the tensor of "
              + side
              + " is in the form "
              + found
              + "; this kernel takes "
              + (preferred.isPlain() ? "" : preferred + " or ")
              + TensorForm.PLAIN);
    }
  }
}
