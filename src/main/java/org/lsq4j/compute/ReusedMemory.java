package org.lsq4j.compute;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Arrays outside all workspaces that are handed out again after {@link #rewind}: the k-th request
 * since then gets the k-th array, as long as type and shape agree. For what has the same shape in
 * every step, such as weights.
 */
public final class ReusedMemory implements TensorMemory {

  private final List<INDArray> arrays = new ArrayList<>();
  private int next;

  /** Takes all arrays back; their content may be overwritten from now on. */
  public void rewind() {
    next = 0;
  }

  @Override
  public INDArray allocate(DataType type, long... shape) {
    int slot = next++;
    if (slot < arrays.size()) {
      INDArray kept = arrays.get(slot);
      if (kept.dataType() == type && Arrays.equals(kept.shape(), shape)) {
        return kept;
      }
    }
    INDArray fresh = detached(type, shape);
    if (slot < arrays.size()) {
      arrays.set(slot, fresh);
    } else {
      arrays.add(fresh);
    }
    return fresh;
  }

  private static INDArray detached(DataType type, long... shape) {
    try (MemoryWorkspace outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      return Nd4j.createUninitialized(type, shape, 'c');
    }
  }
}
