package org.lsq4j.deploy.runtime.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.javacpp.Pointer;
import org.lsq4j.compute.dnnl.DnnlRuntime;

/** A primitive and its arguments, the same in every run. */
final class Call implements Runnable {

  private final primitive operation;
  private final IntMemoryMap arguments = new IntMemoryMap();
  private final List<Pointer> kept = new ArrayList<>();

  Call(primitive operation) {
    this.operation = operation;
  }

  /** An argument in memory that somebody else keeps. */
  Call with(int argument, memory value) {
    arguments.put(argument, value);
    return this;
  }

  /** An argument whose numbers are kept as long as this call: a memory object does not. */
  Call constant(int argument, memory.desc layout, Pointer numbers) {
    kept.add(numbers);
    return with(argument, new memory(layout, DnnlRuntime.get().cpu(), numbers));
  }

  @Override
  public void run() {
    DnnlRuntime.get().run(operation, arguments);
  }
}
