package org.lsq4j.deploy.runtime.onednn;

import java.util.List;
import org.lsq4j.deploy.runtime.Backend;
import org.lsq4j.deploy.runtime.Executor;
import org.lsq4j.deploy.runtime.Program;

/**
 * A program's primitives and weights, which all threads share: once for blocks of examples, once
 * for single ones.
 */
final class NativeProgram implements Backend.Prepared {

  /** Enough for the calls to cost little, few enough for activations to stay in the cache. */
  private static final int BLOCK = 16;

  private final Program program;
  private final List<NativeStep> ofBlock;
  private final List<NativeStep> ofOne;

  NativeProgram(Program program) {
    this.program = program;
    ofBlock = NativeSteps.of(program, BLOCK);
    ofOne = NativeSteps.of(program, 1);
  }

  @Override
  public Executor newExecutor() {
    NativeMemory memory = new NativeMemory(program, BLOCK);
    Runnable[] blockSteps = bind(ofBlock, memory);
    Runnable[] oneStep = bind(ofOne, memory);
    return (inputs, first, count, outputs) -> {
      int end = first + count;
      int at = first;
      while (at < end) {
        // Half a block takes less time as a block with some idle places than one by one.
        boolean isBlock = end - at > BLOCK / 2;
        int examples = isBlock ? Math.min(BLOCK, end - at) : 1;
        memory.load(inputs, at, examples);
        for (Runnable step : isBlock ? blockSteps : oneStep) {
          step.run();
        }
        memory.store(outputs, at, examples);
        at += examples;
      }
    };
  }

  private static Runnable[] bind(List<NativeStep> steps, NativeMemory memory) {
    return steps.stream().map(step -> step.bind(memory)).toArray(Runnable[]::new);
  }
}
