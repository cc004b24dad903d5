package org.lsq4j.compute.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A primitive and its arguments, which are the caller's tensors of the moment. */
final class Invocation {

  private final primitive operation;
  private final IntMemoryMap arguments = new IntMemoryMap();
  private final List<memory> tensors = new ArrayList<>();

  Invocation(primitive operation) {
    this.operation = operation;
  }

  /** Adds an argument that {@link #run} gets a row-major tensor for. */
  Invocation tensor(int argument, memory.desc layout) {
    memory bound = new memory(layout, DnnlRuntime.get().cpu(), new Pointer());
    tensors.add(bound);
    return fixed(argument, bound);
  }

  /** Adds an argument that is the same memory in every run. */
  Invocation fixed(int argument, memory value) {
    arguments.put(argument, value);
    return this;
  }

  /** Runs the primitive on row-major tensors, in the order in which they were added. */
  void run(INDArray... values) {
    for (int i = 0; i < values.length; i++) {
      tensors.get(i).set_data_handle(DenseTensors.pointer(values[i]));
    }
    DnnlRuntime.get().run(operation, arguments);
  }
}
