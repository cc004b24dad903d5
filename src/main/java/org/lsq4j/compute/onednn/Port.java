package org.lsq4j.compute.onednn;

import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.javacpp.Pointer;

/**
 * One argument of a primitive: the caller's memory itself if its layout suits the primitive, else a
 * buffer of the primitive's layout and a reorder between the two.
 */
final class Port {

  private final DnnlRuntime dnnl = DnnlRuntime.get();
  private final memory outside;
  private final memory inside;
  private final reorder load;
  private final reorder store;

  /**
   * An argument.
   *
   * @param caller layout of the caller's tensors
   * @param wanted layout the primitive works on
   */
  Port(memory.desc caller, memory.desc wanted) {
    outside = new memory(caller, dnnl.cpu(), new Pointer());
    if (caller.equals(wanted)) {
      inside = outside;
      load = null;
      store = null;
    } else {
      inside = new memory(wanted, dnnl.cpu());
      load = new reorder(outside, inside);
      store = new reorder(inside, outside);
    }
  }

  /** What the primitive sees. */
  memory memory() {
    return inside;
  }

  /** Makes the caller's values visible to the primitive. */
  void load(Pointer values) {
    outside.set_data_handle(values);
    if (load != null) {
      dnnl.run(load, outside, inside);
    }
  }

  /** Says where the primitive's results shall go; call before it runs. */
  void target(Pointer values) {
    outside.set_data_handle(values);
  }

  /** Brings the results there; call after it ran. */
  void store() {
    if (store != null) {
      dnnl.run(store, inside, outside);
    }
  }
}
