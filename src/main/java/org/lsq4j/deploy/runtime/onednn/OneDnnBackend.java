package org.lsq4j.deploy.runtime.onednn;

import org.lsq4j.compute.dnnl.DnnlRuntime;
import org.lsq4j.deploy.runtime.Backend;
import org.lsq4j.deploy.runtime.Program;

/**
 * oneDNN's 8-bit convolutions where they are exact, which scale, add, rectify and quantize in the
 * same pass; plain Java for the rest. For x86-64, where the library is on the class path.
 */
public final class OneDnnBackend implements Backend {

  /** This backend's name. */
  public static final String NAME = "onednn";

  private static final int PREFERENCE = 10;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int preference() {
    return PREFERENCE;
  }

  @Override
  public String obstacle() {
    try {
      DnnlRuntime.get();
      return "";
    } catch (LinkageError | RuntimeException e) {
      return "oneDNN does not load: " + e;
    }
  }

  /** OpenMP divides the work of each primitive, unless it has one thread only. */
  @Override
  public int workers(int threads) {
    return "1".equals(System.getenv("OMP_NUM_THREADS")) ? threads : 1;
  }

  @Override
  public Prepared prepare(Program program) {
    return new NativeProgram(program);
  }
}
