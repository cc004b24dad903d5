package org.lsq4j.compute.winograd;

import java.nio.FloatBuffer;

/** Tiles of a result's gradients, transformed to the gradients of their elements. */
final class GradientTiles {

  private final TileStrips strips;
  private final PixelRows rows;
  private final GradientTransform transform;

  GradientTiles(TileStrips strips) {
    this.strips = strips;
    rows = PixelRows.of(strips);
    transform = new GradientTransform(strips.across(), strips.plane());
  }

  /** Element by element the tiles of a strip, {@link TileStrips#plane} floats apart. */
  float[] elements(FloatBuffer images, TileStrips.Strip strip) {
    int count = strip.pixelRows();
    float[] pixels = TileMemory.floats(TileMemory.Use.GRADIENT_PIXELS, count * rows.row());
    rows.read(images, strip, count, pixels);
    float[] half = TileMemory.floats(TileMemory.Use.HALF, transform.half());
    float[] elements =
        TileMemory.floats(TileMemory.Use.GRADIENT_ELEMENTS, TileSizes.ELEMENTS * strips.plane());
    for (int row = 0; row < strip.rows(); row++) {
      int at = row * TileSizes.RESULT * rows.row();
      transform.run(pixels, at, half, elements, row * strips.across() * Pixels.CHANNELS);
    }
    return elements;
  }
}
