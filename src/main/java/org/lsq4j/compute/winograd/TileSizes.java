package org.lsq4j.compute.winograd;

/** Rows, and columns, of what F(4x4, 3x3) is about. */
public final class TileSizes {

  /** Of a kernel. */
  public static final int KERNEL = 3;

  /** Of a result's tile. */
  public static final int RESULT = 4;

  /** Of the tile of an input that such a tile depends on, and of a transformed kernel. */
  static final int INPUT = 6;

  /** Elements of a transformed tile. */
  static final int ELEMENTS = INPUT * INPUT;

  private TileSizes() {}
}
