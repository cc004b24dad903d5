package org.lsq4j.compute.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_desc;
import org.bytedeco.javacpp.Pointer;
import org.lsq4j.compute.dnnl.DnnlRuntime;

/**
 * A primitive and its arguments, which are the caller's tensors of the moment. Those whose layout
 * does not suit the primitive are reordered.
 */
final class Invocation {

  private final primitive operation;
  private final IntMemoryMap arguments = new IntMemoryMap();
  private final List<Port> ports = new ArrayList<>();
  private final List<Port> inputs = new ArrayList<>();
  private final List<Port> outputs = new ArrayList<>();
  private memory scratch;
  private long scratchSize;

  /** A primitive that needs no scratch memory. */
  Invocation(primitive operation) {
    this.operation = operation;
  }

  /** A primitive described with {@link DnnlRuntime#attributes()}. */
  Invocation(primitive_desc description) {
    this(new primitive(description));
    memory.desc needed = description.scratchpad_desc();
    scratchSize = needed.get_size();
    scratch = new memory(needed, DnnlRuntime.get().cpu(), new Pointer());
    fixed(dnnl.DNNL_ARG_SCRATCHPAD, scratch);
  }

  /** The argument number of the second operand of a binary post-operation. */
  static int postOperand(int index) {
    return dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE * (index + 1) | dnnl.DNNL_ARG_SRC_1;
  }

  /** Adds a tensor that the primitive reads or writes as the caller has it. */
  Invocation tensor(int argument, memory.desc layout) {
    return add(argument, port(layout, layout));
  }

  /** Adds a tensor that the primitive reads. */
  Invocation input(int argument, memory.desc callers, memory.desc wanted) {
    Port port = port(callers, wanted);
    inputs.add(port);
    return add(argument, port);
  }

  /** Adds a tensor that the primitive writes. */
  Invocation output(int argument, memory.desc callers, memory.desc wanted) {
    Port port = port(callers, wanted);
    outputs.add(port);
    return add(argument, port);
  }

  /** Adds an argument that is the same memory in every run. */
  Invocation fixed(int argument, memory value) {
    arguments.put(argument, value);
    return this;
  }

  private Port port(memory.desc callers, memory.desc wanted) {
    return new Port(callers, wanted, Scratch.Use.ARGUMENT, ports.size());
  }

  private Invocation add(int argument, Port port) {
    ports.add(port);
    return fixed(argument, port.memory());
  }

  /**
   * Runs the primitive on the first elements of its tensors, in the order in which they were added.
   */
  void run(Pointer... tensors) {
    for (int i = 0; i < tensors.length; i++) {
      ports.get(i).bind(tensors[i]);
    }
    if (scratchSize > 0) {
      scratch.set_data_handle(Scratch.bytes(Scratch.Use.PRIMITIVE, 0, scratchSize));
    }
    inputs.forEach(Port::load);
    DnnlRuntime.get().run(operation, arguments);
    outputs.forEach(Port::store);
  }
}
