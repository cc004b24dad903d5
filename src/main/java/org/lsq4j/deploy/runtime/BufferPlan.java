package org.lsq4j.deploy.runtime;

import java.util.ArrayList;
import java.util.List;

/** Hands out buffers of one kind and takes them back. */
final class BufferPlan {

  private final List<Integer> sizes = new ArrayList<>();
  private final List<Integer> free = new ArrayList<>();

  /** The free buffer that needs to grow least, or a new one. */
  int take(int size) {
    int best = -1;
    for (int candidate : free) {
      if (best < 0 || growth(candidate, size) < growth(best, size)) {
        best = candidate;
      }
    }
    if (best < 0) {
      sizes.add(size);
      return sizes.size() - 1;
    }
    free.remove(Integer.valueOf(best));
    sizes.set(best, Math.max(sizes.get(best), size));
    return best;
  }

  /** How badly a buffer fits: what it must grow by, or what would be left unused. */
  private int growth(int buffer, int size) {
    return Math.abs(size - sizes.get(buffer));
  }

  void giveBack(int buffer) {
    free.add(buffer);
  }

  List<Integer> sizes() {
    return sizes;
  }
}
