package org.lsq4j.deploy.runtime.onednn;

/** One step for a number of examples; shared by all threads. */
@FunctionalInterface
interface NativeStep {

  /** The step on one thread's memory. */
  Runnable bind(NativeMemory memory);
}
