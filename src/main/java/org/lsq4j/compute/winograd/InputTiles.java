package org.lsq4j.compute.winograd;

import java.nio.FloatBuffer;

/** The 6x6 pixels that tiles of a result depend on, transformed. */
final class InputTiles {

  private static final int BEYOND = TileSizes.INPUT - TileSizes.RESULT;

  private final TileStrips strips;
  private final PixelRows rows;
  private final InputTransform transform;

  InputTiles(ConvolvedImages images, TileStrips strips) {
    this.strips = strips;
    int columns = strips.across() * TileSizes.RESULT + BEYOND;
    rows = new PixelRows(images.input(), images.top(), images.left(), columns);
    transform = new InputTransform(columns, strips.across(), strips.plane());
  }

  /** Element by element the tiles of a strip, {@link TileStrips#plane} floats apart, in pairs. */
  long[] elements(FloatBuffer images, TileStrips.Strip strip) {
    int count = strip.pixelRows() + BEYOND;
    float[] pixels = TileMemory.floats(TileMemory.Use.PIXELS, count * rows.row());
    rows.read(images, strip, count, pixels);
    float[] half = TileMemory.floats(TileMemory.Use.HALF, transform.half(strip.rows()));
    long[] elements = TileMemory.pairs(TileSizes.ELEMENTS * strips.plane() / Pixels.PAIR);
    transform.run(strip.rows(), pixels, half, elements);
    return elements;
  }
}
