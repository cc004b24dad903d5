package org.lsq4j.compute.winograd;

import java.util.EnumMap;
import java.util.Map;

/** Arrays for what is only needed during one call. All calls of a thread share them. */
final class TileMemory {

  /** What an array is for; arrays of different use exist at the same time. */
  enum Use {
    /** Pixels before they are transformed. */
    PIXELS,
    /** Tiles of which the columns are transformed. */
    HALF,
    /** Pixels of gradients. */
    GRADIENT_PIXELS,
    /** Transformed tiles of gradients. */
    GRADIENT_ELEMENTS,
    /** Tiles of a result before they are transformed back. */
    RESULT_ELEMENTS,
    /** Pixels of a result. */
    RESULT_PIXELS,
    /** Sums of gradients. */
    SUMS
  }

  private static final ThreadLocal<TileMemory> CURRENT = ThreadLocal.withInitial(TileMemory::new);

  private final Map<Use, float[]> floats = new EnumMap<>(Use.class);
  private long[] pairs = {};

  private TileMemory() {}

  /** An array of at least a length, with any content, until the next call for the same use. */
  static float[] floats(Use use, int length) {
    return CURRENT
        .get()
        .floats
        .compute(
            use, (key, kept) -> kept == null || kept.length < length ? new float[length] : kept);
  }

  /** The same for transformed tiles of an input. */
  static long[] pairs(int length) {
    TileMemory memory = CURRENT.get();
    memory.pairs = memory.pairs.length < length ? new long[length] : memory.pairs;
    return memory.pairs;
  }
}
