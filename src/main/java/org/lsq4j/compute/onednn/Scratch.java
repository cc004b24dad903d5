package org.lsq4j.compute.onednn;

import java.util.EnumMap;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;

/**
 * Memory for what is only needed during one call of a kernel. All kernels of a thread share it, so
 * that it stays in the cache and does not grow with the network.
 */
final class Scratch {

  /** What a piece of memory is for; pieces of different use exist at the same time. */
  enum Use {
    /** Dequantized values of an input. */
    VALUES,
    /** An image that is an offset everywhere. */
    OFFSET_IMAGE,
    /** What a convolution makes of that. */
    OFFSET_PLANE
  }

  private static final ThreadLocal<Map<Use, FloatPointer>> MEMORY =
      ThreadLocal.withInitial(() -> new EnumMap<>(Use.class));

  private Scratch() {}

  /**
   * At least {@code length} floats with undefined content, until the next call for the same use.
   */
  static FloatPointer floats(Use use, long length) {
    Map<Use, FloatPointer> memory = MEMORY.get();
    FloatPointer kept = memory.get(use);
    if (kept == null || kept.capacity() < length) {
      if (kept != null) {
        kept.close();
      }
      kept = new FloatPointer(length);
      memory.put(use, kept);
    }
    return kept;
  }
}
