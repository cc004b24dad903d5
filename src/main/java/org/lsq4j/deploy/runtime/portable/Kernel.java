package org.lsq4j.deploy.runtime.portable;

/** Computes one step for one example; keeps scratch memory, so it is for one thread at a time. */
public interface Kernel {

  /** Reads and writes the step's operands. */
  void run(Memory memory);
}
