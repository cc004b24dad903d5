package org.lsq4j.deploy.runtime.portable;

import org.lsq4j.deploy.runtime.Operand;
import org.lsq4j.deploy.runtime.Program;

/**
 * The tensors of one example while a program runs. Codes are ints: Java's compilers turn loops over
 * ints into vector instructions, loops over bytes hardly.
 */
public final class Memory {

  private final int[][] codes;
  private final float[][] reals;

  /** Memory for a program. */
  public Memory(Program program) {
    codes = program.codeBuffers().stream().map(int[]::new).toArray(int[][]::new);
    reals = program.realBuffers().stream().map(float[]::new).toArray(float[][]::new);
  }

  /** The codes of an operand that holds codes. */
  public int[] codes(Operand operand) {
    return codes[operand.buffer()];
  }

  /** The numbers of an operand that holds real numbers. */
  public float[] reals(Operand operand) {
    return reals[operand.buffer()];
  }
}
