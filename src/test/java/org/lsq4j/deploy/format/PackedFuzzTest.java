package org.lsq4j.deploy.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.lsq4j.deploy.RandomGraphs;
import org.lsq4j.deploy.graph.IntegerGraph;

/**
 * Reads mutated files: each is either a model or a clear error, and takes no more memory than its
 * size allows. {@code -Dlsq4j.fuzz=1000000} reads more of them; the Maven profile {@code fuzz}
 * does.
 */
class PackedFuzzTest {

  private static final int MUTANTS = Integer.getInteger("lsq4j.fuzz", 20_000);
  private static final long SEED = Long.getLong("lsq4j.fuzz.seed", 1);
  private static final int HEADER = 16;
  private static final int CHECKSUM = 4;

  /** Codes are unpacked to bytes, copied; steps, factors and addends are floats. */
  private static final int BYTES_FOR_EACH = 100;

  private static final int ALWAYS = 200_000;
  private static final long LONGEST_NANOS = 2_000_000_000;

  private static final List<byte[]> FILES =
      LongStream.range(0, 60)
          .mapToObj(seed -> PackedFormat.toBytes(RandomGraphs.of(seed)))
          .filter(file -> file.length < 20_000)
          .toList();

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @Test
  void mutatedFilesAreModelsOrClearErrors() {
    int models = 0;
    for (long mutant = 0; mutant < MUTANTS; mutant++) {
      Random random = new Random(SEED * 1_000_003 + mutant);
      byte[] file = mutate(FILES.get(random.nextInt(FILES.size())), random);
      models += isModel(file, mutant) ? 1 : 0;
    }
    // Mutants must reach beyond the checksum, and most must be wrong.
    assertTrue(models > MUTANTS / 100 && models < MUTANTS / 2, models + " of " + MUTANTS);
  }

  private boolean isModel(byte[] file, long mutant) {
    long thread = Thread.currentThread().getId();
    long before = threads.getThreadAllocatedBytes(thread);
    long started = System.nanoTime();
    try {
      IntegerGraph graph = PackedFormat.read(file);
      requireModest(file, threads.getThreadAllocatedBytes(thread) - before, mutant);
      assertEquals(graph, PackedFormat.read(PackedFormat.toBytes(graph)), "mutant " + mutant);
      return true;
    } catch (PackedFormatException e) {
      requireModest(file, threads.getThreadAllocatedBytes(thread) - before, mutant);
      assertFalse(e.getMessage().isBlank() || e.getMessage().contains("null"), "mutant " + mutant);
      return false;
    } catch (RuntimeException | Error e) {
      return fail("mutant " + mutant + " of seed " + SEED, e);
    } finally {
      assertTrue(System.nanoTime() - started < LONGEST_NANOS, "mutant " + mutant + " hangs");
    }
  }

  private static void requireModest(byte[] file, long allocated, long mutant) {
    assertTrue(
        allocated < (long) file.length * BYTES_FOR_EACH + ALWAYS,
        "mutant " + mutant + " of " + file.length + " bytes takes " + allocated);
  }

  private static byte[] mutate(byte[] original, Random random) {
    byte[] file = original.clone();
    int changes = 1 + random.nextInt(4);
    for (int i = 0; i < changes; i++) {
      file = changed(file, random);
    }
    return random.nextInt(10) == 0 ? file : consistent(file);
  }

  private static byte[] changed(byte[] file, Random random) {
    int at = place(file, random);
    byte[] result = file.clone();
    switch (random.nextInt(7)) {
      case 0 -> result[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> result[at] = (byte) random.nextInt(256);
      case 2 -> result[at] = random.nextBoolean() ? 0 : (byte) 0xff;
      case 3 -> overwrite(result, at, extreme(random));
      case 4 -> result = removed(file, at, 1 + random.nextInt(8));
      case 5 -> result = inserted(file, at, file, place(file, random), 1 + random.nextInt(40));
      default -> result = inserted(file, at, other(random), HEADER, 1 + random.nextInt(200));
    }
    return result;
  }

  /** Mostly where nodes begin: most of a file is weights, which any bits can be. */
  private static int place(byte[] file, Random random) {
    int most = random.nextBoolean() ? Math.min(file.length, 150) : file.length;
    return random.nextInt(Math.max(1, most));
  }

  private static byte[] other(Random random) {
    return FILES.get(random.nextInt(FILES.size()));
  }

  private static int extreme(Random random) {
    int[] values = {
      0, -1, 1, Integer.MAX_VALUE, Integer.MIN_VALUE, 0x7f800000, 0x7fc00000, 1 << 26, 65535, 1
    };
    return values[random.nextInt(values.length)];
  }

  private static void overwrite(byte[] file, int at, int value) {
    if (at + Integer.BYTES <= file.length) {
      ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
    }
  }

  private static byte[] removed(byte[] file, int at, int count) {
    int end = Math.min(file.length, at + count);
    byte[] result = Arrays.copyOf(file, file.length - (end - at));
    System.arraycopy(file, end, result, at, file.length - end);
    return result;
  }

  private static byte[] inserted(byte[] file, int at, byte[] source, int from, int count) {
    int length = Math.max(0, Math.min(count, source.length - from));
    byte[] result = Arrays.copyOf(file, file.length + length);
    System.arraycopy(file, at, result, at + length, file.length - at);
    System.arraycopy(source, from, result, at, length);
    return result;
  }

  /** Gives a file the header, length and checksum that its content should have. */
  private static byte[] consistent(byte[] file) {
    byte[] result = Arrays.copyOf(file, Math.max(file.length, HEADER + CHECKSUM));
    System.arraycopy(FILES.get(0), 0, result, 0, HEADER);
    int end = result.length - CHECKSUM;
    ByteBuffer bytes = ByteBuffer.wrap(result).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(HEADER - Integer.BYTES, end - HEADER);
    CRC32 crc = new CRC32();
    crc.update(result, 0, end);
    bytes.putInt(end, (int) crc.getValue());
    return result;
  }
}
