package org.lsq4j.compute.onednn;

import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.javacpp.Pointer;
import org.lsq4j.compute.dnnl.DnnlRuntime;

/**
 * One argument of a primitive: the caller's memory itself if its layout suits the primitive, else
 * scratch memory of the primitive's layout and a reorder between the two.
 */
final class Port {

  private final DnnlRuntime dnnl = DnnlRuntime.get();
  private final Scratch.Use use;
  private final int index;
  private final long size;
  private final memory outside;
  private final memory inside;
  private reorder load;
  private reorder store;

  /**
   * An argument.
   *
   * @param caller layout of the caller's tensors
   * @param wanted layout the primitive works on
   * @param use of the scratch memory
   * @param index tells the scratch memory of a primitive's arguments apart
   */
  Port(memory.desc caller, memory.desc wanted, Scratch.Use use, int index) {
    this.use = use;
    this.index = index;
    size = wanted.get_size();
    outside = new memory(caller, dnnl.cpu(), new Pointer());
    inside = caller.equals(wanted) ? outside : new memory(wanted, dnnl.cpu(), new Pointer());
  }

  /** What the primitive sees. */
  memory memory() {
    return inside;
  }

  /** Takes the caller's tensor of this run. */
  void bind(Pointer values) {
    outside.set_data_handle(values);
    if (inside != outside) {
      inside.set_data_handle(Scratch.bytes(use, index, size));
    }
  }

  /** Takes a tensor of this run that has the primitive's layout already. */
  void bindInside(Pointer values) {
    inside.set_data_handle(values);
  }

  /** Makes the caller's values visible to the primitive. */
  void load() {
    if (inside != outside) {
      load = load == null ? new reorder(outside, inside) : load;
      dnnl.run(load, outside, inside);
    }
  }

  /** Gives the caller the primitive's results. */
  void store() {
    if (inside != outside) {
      store = store == null ? new reorder(inside, outside) : store;
      dnnl.run(store, inside, outside);
    }
  }
}
