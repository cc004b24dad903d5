package org.lsq4j.deploy.runtime.portable;

import org.lsq4j.deploy.runtime.Backend;
import org.lsq4j.deploy.runtime.Executor;
import org.lsq4j.deploy.runtime.Program;

/** Plain Java: works everywhere, and defines what the others must give. */
public final class PortableBackend implements Backend {

  /** This backend's name. */
  public static final String NAME = "java";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int preference() {
    return 0;
  }

  @Override
  public String obstacle() {
    return "";
  }

  @Override
  public int workers(int threads) {
    return threads;
  }

  @Override
  public Prepared prepare(Program program) {
    return () -> new PortableExecutor(program);
  }

  private static final class PortableExecutor implements Executor {
    private final Program program;
    private final Memory memory;
    private final Kernel[] kernels;

    PortableExecutor(Program program) {
      this.program = program;
      memory = new Memory(program);
      kernels = program.steps().stream().map(Kernels::of).toArray(Kernel[]::new);
    }

    @Override
    public void run(float[] inputs, int first, int count, float[] outputs) {
      int inputSize = program.input().size();
      int outputSize = program.output().size();
      for (int example = first; example < first + count; example++) {
        System.arraycopy(inputs, example * inputSize, memory.reals(program.input()), 0, inputSize);
        for (Kernel kernel : kernels) {
          kernel.run(memory);
        }
        System.arraycopy(
            memory.reals(program.output()), 0, outputs, example * outputSize, outputSize);
      }
    }
  }
}
