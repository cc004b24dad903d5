package org.lsq4j.compute.winograd;

import java.nio.FloatBuffer;

/** Tiles of a result, of which there are elements. */
final class ResultTiles {

  private final TileStrips strips;
  private final PixelRows rows;
  private final OutputTransform transform;

  ResultTiles(TileStrips strips) {
    this.strips = strips;
    rows = PixelRows.of(strips);
    transform = new OutputTransform(strips.across(), strips.plane());
  }

  /** Memory for the elements of a strip, {@link TileStrips#plane} floats apart. */
  float[] elements() {
    return TileMemory.floats(TileMemory.Use.RESULT_ELEMENTS, TileSizes.ELEMENTS * strips.plane());
  }

  /** Writes the pixels of a strip of such elements. */
  void write(float[] elements, FloatBuffer images, TileStrips.Strip strip) {
    float[] half = TileMemory.floats(TileMemory.Use.HALF, transform.half());
    int length = strip.pixelRows() * rows.row();
    float[] pixels = TileMemory.floats(TileMemory.Use.RESULT_PIXELS, length);
    for (int row = 0; row < strip.rows(); row++) {
      int start = row * TileSizes.RESULT * rows.row();
      transform.run(elements, row * strips.across() * Pixels.CHANNELS, half, pixels, start);
    }
    rows.write(pixels, images, strip);
  }
}
