package org.lsq4j.compute.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.compute.Tensors;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Tiles hold each row once, in sequences that do not get in each other's way. */
class TensorTilesTest {

  private static final int PAGE = 4096;

  /** Sequences as a power of 2: one, and what some processors get. */
  private static final List<Integer> SHIFTS = List.of(0, 2);

  private static TensorTiles tiles(INDArray tensor, Layout layout, int shift) {
    return layout == Layout.CHANNEL_BLOCKS
        ? new BlockTiles(tensor, shift)
        : new FlatTiles(tensor, shift);
  }

  static Stream<long[]> shapes() {
    return Stream.of(
        new long[] {128, 32, 32, 16},
        new long[] {128, 16, 16, 32},
        new long[] {128, 8, 8, 64},
        new long[] {9, 33, 8, 128},
        new long[] {5, 7, 9, 48},
        new long[] {2, 40, 40, 1024},
        new long[] {16, 33, 3, 32},
        new long[] {2, 1, 1, 16});
  }

  static Stream<Arguments> shapesAndLayouts() {
    return SHIFTS.stream()
        .flatMap(
            shift ->
                Stream.concat(
                    shapes().map(shape -> Arguments.of(shape, Layout.CHANNELS_LAST, shift)),
                    Stream.concat(shapes(), blockedShapes())
                        .filter(shape -> BlockTiles.fits(shape[0], shape[3], shape[1], shape[2]))
                        .map(shape -> Arguments.of(shape, Layout.CHANNEL_BLOCKS, shift))));
  }

  /** Few images, large ones, and such as are no multiple of what is read in turns. */
  private static Stream<long[]> blockedShapes() {
    return Stream.of(
        new long[] {1, 5, 2, 32},
        new long[] {6, 7, 4, 96},
        new long[] {4, 112, 112, 32},
        new long[] {2, 1, 2, 512});
  }

  @ParameterizedTest
  @MethodSource("shapesAndLayouts")
  void everyRowIsInOneTile(long[] shape, Layout layout, int shift) {
    INDArray tensor = Nd4j.createUninitialized(DataType.FLOAT, shape);
    TensorTiles tiles = tiles(tensor, layout, shift);
    BitSet seen = new BitSet();
    tiles.forEach((tile, index) -> mark(tile, seen));
    assertEquals(tensor.length() * Float.BYTES / Tile.VECTOR, seen.cardinality());

    BitSet seenInParts = new BitSet();
    tiles.forEachPart((part, index) -> mark(part, seenInParts));
    assertEquals(seen, seenInParts);
  }

  /** Goes over the vectors of a tile as loops do. */
  private static void mark(Tile tile, BitSet seen) {
    int row = 0;
    int place = 0;
    int at = tile.row(row);
    for (int i = 0; i < tile.vectors(); i++) {
      assertEquals(at / Float.BYTES % tile.width(), place);
      synchronized (seen) {
        assertTrue(!seen.get(at / Tile.VECTOR), "vector " + at / Tile.VECTOR + " comes once");
        seen.set(at / Tile.VECTOR);
      }
      place = tile.next(place);
      at = place == 0 ? tile.row(++row) : at + Tile.VECTOR;
    }
  }

  /** A number that is the same for all floats of a channel ends up at all of them. */
  @ParameterizedTest
  @MethodSource("shapesAndLayouts")
  void rowsHaveTheChannelsOfTheirColumn(long[] shape, Layout layout, int shift) {
    float[] values = new float[Math.toIntExact(Arrays.stream(shape).reduce(1, (a, b) -> a * b))];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % shape[3];
    }
    INDArray channelOf = Nd4j.createFromArray(values).reshape('c', shape);
    INDArray stored =
        layout == Layout.CHANNEL_BLOCKS ? Tensors.inChannelBlocks(channelOf) : channelOf;
    float[] floats = stored.data().asFloat();
    TensorTiles tiles = tiles(stored, layout, shift);
    float[] inRows = tiles.inRows(channel -> channel);
    for (int index = 0; index < tiles.count(); index++) {
      Tile tile = tiles.tile(index);
      assertEquals(tiles.column(index) * tile.width(), tile.channel());
      for (int i = 0; i < tile.rows() * tile.width(); i++) {
        int place = i % tile.width();
        float found = floats[tile.row(i / tile.width()) / Float.BYTES + place];
        assertEquals(inRows[tile.channel() + place], found, "tile " + index);
      }
    }
  }

  @Test
  void blocksNeedWholeRows() {
    IllegalArgumentException thrown =
        assertThrows(
            IllegalArgumentException.class,
            () -> TensorTiles.of(Nd4j.create(DataType.FLOAT, 2, 3, 5, 32), Layout.CHANNEL_BLOCKS));
    assertEquals(
        "a tensor of shape [2, 3, 5, 32] in blocks: the channels, which come last, must be a"
            + " multiple of 32, and an image's pixels one of 2",
        thrown.getMessage());
  }

  static Stream<long[]> largeShapes() {
    return Stream.concat(
        shapes().limit(4), Stream.of(new long[] {128, 16, 16, 48}, new long[] {128, 16, 16, 96}));
  }

  /** In whole pages apart, all that is loaded and stored in a turn had one place in a page. */
  @ParameterizedTest
  @MethodSource("largeShapes")
  void sequencesBeginAtDifferentPlacesOfAPage(long... shape) {
    TensorTiles tiles = new FlatTiles(Nd4j.createUninitialized(DataType.FLOAT, shape), 2);
    int full = tiles.tile(0).rows();
    assertTrue(tiles.count() > 1, "the first tile is a full one");
    tiles.forEach(
        (tile, index) -> {
          if (tile.rows() == full) {
            int past = tile.sequences().apart() % PAGE;
            assertTrue(past <= PAGE / 4 && past > PAGE / 4 - tiles.rowBytes(), past + " bytes");
          }
        });
  }
}
