package org.lsq4j.compute.dnnl;

import java.util.Locale;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;

/**
 * The oneDNN library of this process: its CPU engine, a stream for each thread, and what the
 * processor can do.
 */
public final class DnnlRuntime {

  private static final DnnlRuntime INSTANCE = new DnnlRuntime();

  private final engine cpu = new engine(engine.kind.cpu, 0);
  private final ThreadLocal<stream> streams = ThreadLocal.withInitial(() -> new stream(cpu));
  private final String instructionSet = nameOf(dnnl.dnnl_get_effective_cpu_isa());

  private DnnlRuntime() {}

  /** Loads the library on first use; throws a linkage error where there is none. */
  public static DnnlRuntime get() {
    return INSTANCE;
  }

  /** The engine that everything runs on. */
  public engine cpu() {
    return cpu;
  }

  /** For primitives that compute in memory they are given, which many can share. */
  public primitive_attr attributes() {
    primitive_attr attributes = new primitive_attr();
    attributes.set_scratchpad_mode(dnnl.scratchpad_mode.user);
    return attributes;
  }

  /** Executes a primitive in this thread's stream and waits for it. */
  public void run(primitive operation, IntMemoryMap arguments) {
    operation.execute(streams.get(), arguments);
    streams.get()._wait();
  }

  /** Copies from one layout to another and waits for it. */
  public void run(reorder operation, memory from, memory to) {
    operation.execute(streams.get(), from, to);
    streams.get()._wait();
  }

  /** The best instruction set that oneDNN uses here: {@code avx512_core_vnni}. */
  public String instructionSet() {
    return instructionSet;
  }

  private static String nameOf(int best) {
    for (dnnl.cpu_isa isa : dnnl.cpu_isa.values()) {
      if (isa.value == best) {
        return isa.name().toLowerCase(Locale.ROOT);
      }
    }
    return "isa " + best;
  }

  /**
   * Whether the 8-bit products of an instruction set are summed in 32 bits at once; others add two
   * products in 16 bits, with saturation.
   *
   * @param instructionSet as {@link #instructionSet()} names it
   */
  public static boolean sumsProductsExactly(String instructionSet) {
    return instructionSet.contains("vnni")
        || instructionSet.contains("bf16")
        || instructionSet.contains("amx");
  }
}
