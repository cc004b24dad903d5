package org.lsq4j.compute.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Tiles hold each row once, in sequences that do not get in each other's way. */
class TensorTilesTest {

  private static final int ROW_BYTES = NormLoops.ROW * Float.BYTES;
  private static final int PAGE = 4096;

  static Stream<long[]> shapes() {
    return Stream.of(
        new long[] {128, 32, 32, 16},
        new long[] {128, 16, 16, 32},
        new long[] {128, 8, 8, 64},
        new long[] {9, 33, 8, 128},
        new long[] {2, 40, 40, 1024},
        new long[] {16, 33, 3, 32},
        new long[] {2, 1, 1, 16});
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void everyRowIsInOneTile(long... shape) {
    INDArray tensor = Nd4j.createUninitialized(DataType.FLOAT, shape);
    TensorTiles tiles = new TensorTiles(tensor);
    BitSet seen = new BitSet();
    tiles.forEach(
        (tile, index) -> {
          synchronized (seen) {
            mark(tile, seen);
          }
        });
    assertEquals(tensor.length() * Float.BYTES / ROW_BYTES, seen.cardinality());

    BitSet seenInParts = new BitSet();
    tiles.forEachPart(
        (part, index) -> {
          synchronized (seenInParts) {
            mark(part, seenInParts);
          }
        });
    assertEquals(seen, seenInParts);
  }

  private static void mark(Tile tile, BitSet seen) {
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i) / ROW_BYTES;
      assertEquals(0, tile.row(i) % ROW_BYTES);
      assertTrue(!seen.get(row), "row " + row + " comes once");
      seen.set(row);
    }
  }

  static Stream<long[]> largeShapes() {
    return shapes().limit(4);
  }

  /** In whole pages apart, all that is loaded and stored in a turn had one place in a page. */
  @ParameterizedTest
  @MethodSource("largeShapes")
  void sequencesBeginAtDifferentPlacesOfAPage(long... shape) {
    TensorTiles tiles = new TensorTiles(Nd4j.createUninitialized(DataType.FLOAT, shape));
    int full = tiles.rowsOf(0);
    assertTrue(tiles.count() > 1, "the first tile is a full one");
    tiles.forEach(
        (tile, index) -> {
          if (tile.rows() == full) {
            assertEquals(PAGE / 4, tile.sequences().apart() % PAGE);
          }
        });
  }
}
