package org.lsq4j.deploy.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lsq4j.deploy.RandomGraphs;
import org.lsq4j.deploy.graph.IntegerGraph;

class PackedFormatTest {

  private static final int GRAPHS = 200;

  @TempDir private Path folder;

  @Test
  void whatIsReadIsWhatWasWritten() {
    for (long seed = 0; seed < GRAPHS; seed++) {
      IntegerGraph graph = RandomGraphs.of(seed);
      byte[] bytes = PackedFormat.toBytes(graph);
      IntegerGraph read = PackedFormat.read(bytes);
      assertEquals(graph, read, "graph " + seed);
      assertArrayEquals(bytes, PackedFormat.toBytes(read), "graph " + seed);
    }
  }

  @Test
  void filesAreWrittenWholeAndRecognised() throws IOException {
    Path file = folder.resolve("sub/model.lsq");
    IntegerGraph graph = RandomGraphs.of(3);
    PackedFormat.write(graph, file);
    assertEquals(graph, PackedFormat.read(file));
    assertTrue(PackedFormat.isPacked(file));
    try (var files = Files.list(file.getParent())) {
      assertEquals(1, files.count());
    }
    Path other = Files.writeString(folder.resolve("other"), "x");
    assertFalse(PackedFormat.isPacked(other));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5, 6, 7, 8})
  void codesArePackedWithoutGaps(int bits) {
    Random random = new Random(bits);
    byte[] codes = new byte[101];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = (byte) (random.nextInt(1 << bits) - (1 << bits - 1));
    }
    byte[] packed = BitPacking.pack(codes, bits);
    assertEquals((101 * bits + 7) / 8, packed.length);
    assertArrayEquals(codes, BitPacking.unpack(packed, codes.length, bits));
  }

  @Test
  void threeBitCodesLieAsTheSpecificationShows() {
    // 1, -1, 2, -4: 001 111 010 100, the lowest bits first.
    assertArrayEquals(
        new byte[] {(byte) 0b10_111_001, 0b0000_100_0},
        BitPacking.pack(new byte[] {1, -1, 2, -4}, 3));
  }

  private static String error(byte[] file) {
    return assertThrows(PackedFormatException.class, () -> PackedFormat.read(file)).getMessage();
  }

  @Test
  void everyTruncationIsAnError() {
    byte[] file = PackedFormat.toBytes(RandomGraphs.of(5));
    for (int length = 0; length < file.length; length++) {
      String message = error(Arrays.copyOf(file, length));
      assertTrue(message.contains("bytes"), message);
    }
  }

  @Test
  void addedBytesAreAnError() {
    byte[] file = PackedFormat.toBytes(RandomGraphs.of(5));
    String message = error(Arrays.copyOf(file, file.length + 1));
    assertTrue(message.contains("cut off or added to"), message);
  }

  @Test
  void anotherVersionIsAnErrorThatNamesBoth() {
    byte[] file = PackedFormat.toBytes(RandomGraphs.of(5));
    file[8] = 9;
    String message = error(file);
    assertTrue(message.contains("version 9") && message.contains("version 1"), message);
  }

  @Test
  void everyWrongByteIsAnError() {
    byte[] file = PackedFormat.toBytes(RandomGraphs.of(5));
    for (int i = 0; i < file.length; i++) {
      byte[] damaged = file.clone();
      damaged[i] ^= 0x10;
      error(damaged);
    }
    byte[] damaged = file.clone();
    damaged[file.length / 2] ^= 1;
    assertTrue(error(damaged).contains("checksum"), error(damaged));
  }

  @Test
  void filesThatAreTooLargeAreNotRead() throws IOException {
    Path file = folder.resolve("large.lsq");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(PackedFormat.LARGEST_FILE + 1L);
    }
    String message =
        assertThrows(PackedFormatException.class, () -> PackedFormat.read(file)).getMessage();
    assertTrue(message.contains("large.lsq") && message.contains("at most"), message);
  }

  @Test
  void aMissingFileIsNamed() {
    Path file = folder.resolve("missing.lsq");
    String message =
        assertThrows(PackedFormatException.class, () -> PackedFormat.read(file)).getMessage();
    assertTrue(message.contains("missing.lsq") && message.contains("no such file"), message);
  }
}
