package org.lsq4j.compute.onednn;

import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
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
    OFFSET_PLANE,
    /** A result's gradient in the layout of the primitives that read it. */
    UPSTREAM,
    /** A tensor of a loop in the layout of the loop's other tensors. */
    OTHER_LAYOUT,
    /** Another argument in the primitive's layout. */
    ARGUMENT,
    /** A primitive's own intermediate results. */
    PRIMITIVE
  }

  private record Piece(Use use, int index) {}

  private static final ThreadLocal<Map<Piece, Block>> MEMORY =
      ThreadLocal.withInitial(HashMap::new);

  private Scratch() {}

  /**
   * At least {@code length} floats with undefined content, until the next call for the same use.
   */
  static FloatPointer floats(Use use, long length) {
    return new FloatPointer(bytes(use, 0, length * Float.BYTES));
  }

  /**
   * At least {@code length} bytes with undefined content.
   *
   * @param index tells pieces of one use apart
   */
  static BytePointer bytes(Use use, int index, long length) {
    Piece piece = new Piece(use, index);
    Map<Piece, Block> memory = MEMORY.get();
    Block kept = memory.get(piece);
    if (kept == null || kept.length < length) {
      if (kept != null) {
        kept.allocated.close();
      }
      kept = Block.of(length);
      memory.put(piece, kept);
    }
    return kept.aligned;
  }

  /** Memory from a cache line's start on, as primitives expect it. */
  private record Block(BytePointer allocated, BytePointer aligned, long length) {

    private static final long CACHE_LINE = 64;

    static Block of(long length) {
      BytePointer allocated = new BytePointer(length + CACHE_LINE);
      long beyond = allocated.address() % CACHE_LINE;
      BytePointer aligned = allocated.getPointer((CACHE_LINE - beyond) % CACHE_LINE);
      return new Block(allocated, aligned, length);
    }
  }
}
