package org.lsq4j.compute.onednn;

import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.Pointer;

/** The passes of a convolution on values. */
interface FloatPasses {

  /** What decides on a primitive for y, and on its tensors' layouts. */
  record ForwardPass(boolean blockedInput, boolean blockedOutput, boolean bias) {

    /** With both tensors as the caller has them, and no bias. */
    static final ForwardPass PLAIN = new ForwardPass(false, false, false);
  }

  /**
   * Writes y.
   *
   * @param b null without bias
   */
  void forward(ForwardPass pass, Pointer x, Pointer weights, Pointer y, Pointer b);

  /** Takes dL/dy for the backward passes that follow. */
  void upstream(Pointer dy);

  /** Takes a dL/dy in blocks of channels likewise. */
  void blockedUpstream(Pointer dy);

  /** Writes dL/dx. */
  void backwardData(Pointer weights, Pointer dx);

  /** Writes a dL/dx in blocks of channels. */
  void backwardDataInBlocks(Pointer weights, Pointer dx);

  /**
   * Writes dL/dW and dL/db.
   *
   * @param db null without bias
   */
  void backwardWeights(Pointer x, Pointer dw, Pointer db);

  /** The same of an input in the layout that is arranged best. */
  void backwardWeightsOfArranged(Pointer x, Pointer dw, Pointer db);

  /** That layout; blocks of channels, if any tensor is in blocks. */
  memory.desc arrangedInput();
}
