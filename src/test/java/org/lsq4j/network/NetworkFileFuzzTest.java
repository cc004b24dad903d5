package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Reads mutated model files: each is either a network or an error of one line, soon, and takes
 * little memory. {@code -Dlsq4j.fuzz.models=50000} reads more of them; the Maven profile {@code
 * fuzz} does.
 */
class NetworkFileFuzzTest {

  private static final int MUTANTS = Integer.getInteger("lsq4j.fuzz.models", 2_000);
  private static final long SEED = Long.getLong("lsq4j.fuzz.seed", 1);
  private static final long MOST_ALLOCATED = 100L << 20;
  private static final long LONGEST_NANOS = 5_000_000_000L;
  private static final Pattern TOKEN =
      Pattern.compile("\"[^\"]{0,200}\"|-?\\d+(?:\\.\\d+)?(?:E-?\\d+)?|true|false|null");
  private static final String[] EXTREMES = {
    "0",
    "-1",
    "1",
    "2147483647",
    "-2147483648",
    "9223372036854775807",
    "1E400",
    "\"NaN\"",
    "1e-320",
    "null",
    "true",
    "[]",
    "{}",
    "\"\"",
    "\"x\"",
    "[1]",
    "3.5",
    "100000",
    "\"Infinity\"",
    "{\"@class\":\"java.lang.ProcessBuilder\"}",
    "99999999999999999999999999"
  };

  private static final List<Map<String, byte[]>> FILES =
      IntStream.range(0, 12).mapToObj(NetworkFileFuzzTest::entries).toList();

  @TempDir private Path folder;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static Map<String, byte[]> entries(int seed) {
    RandomNetworks random = new RandomNetworks(seed, RandomNetworks.Variety.EVERYTHING);
    return ModelZips.entries(seed % 3 == 0 ? random.chain() : random.graph());
  }

  @Test
  void mutatedFilesAreNetworksOrErrorsOfOneLine() {
    Path file = folder.resolve("mutant.zip");
    int networks = 0;
    for (long mutant = 0; mutant < MUTANTS; mutant++) {
      Random random = new Random(SEED * 1_000_003 + mutant);
      ModelZips.write(file, mutate(FILES.get(random.nextInt(FILES.size())), random));
      networks += isNetwork(file, mutant) ? 1 : 0;
    }
    System.out.printf("%d mutated models: %d networks%n", MUTANTS, networks);
    // Mutants must reach beyond the first checks, and many must be wrong.
    assertTrue(networks > MUTANTS / 20 && networks < MUTANTS * 3 / 4, networks + " of " + MUTANTS);
  }

  private boolean isNetwork(Path file, long mutant) {
    long thread = Thread.currentThread().getId();
    long before = threads.getThreadAllocatedBytes(thread);
    long started = System.nanoTime();
    try {
      Networks.load(file);
      return true;
    } catch (ModelFormatException e) {
      assertEquals(1, e.getMessage().lines().count(), "mutant " + mutant + ": " + e.getMessage());
      return false;
    } catch (RuntimeException | Error e) {
      return fail("mutant " + mutant + " of seed " + SEED, e);
    } finally {
      long allocated = threads.getThreadAllocatedBytes(thread) - before;
      assertTrue(allocated < MOST_ALLOCATED, "mutant " + mutant + " takes " + allocated);
      assertTrue(System.nanoTime() - started < LONGEST_NANOS, "mutant " + mutant + " hangs");
    }
  }

  private static byte[] mutate(Map<String, byte[]> original, Random random) {
    Map<String, byte[]> entries = new LinkedHashMap<>(original);
    int kind = random.nextInt(10);
    if (kind < 6) {
      entries.compute(ModelZips.CONFIGURATION, (name, json) -> tokens(json, random));
    } else if (kind < 9) {
      List<String> names = new ArrayList<>(entries.keySet());
      String name = names.get(random.nextInt(names.size()));
      entries.compute(name, (key, bytes) -> bytes(bytes, random));
    }
    byte[] zip = ModelZips.zip(entries);
    return kind == 9 ? bytes(zip, random) : zip;
  }

  /** Replaces values and keys by extreme ones, or by others of the same file. */
  private static byte[] tokens(byte[] json, Random random) {
    String text = new String(json, StandardCharsets.UTF_8);
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      List<int[]> tokens = new ArrayList<>();
      Matcher matcher = TOKEN.matcher(text);
      while (matcher.find()) {
        tokens.add(new int[] {matcher.start(), matcher.end()});
      }
      if (tokens.isEmpty()) {
        break;
      }
      int[] at = tokens.get(random.nextInt(tokens.size()));
      int[] other = tokens.get(random.nextInt(tokens.size()));
      String value =
          random.nextBoolean()
              ? EXTREMES[random.nextInt(EXTREMES.length)]
              : text.substring(other[0], other[1]);
      text = text.substring(0, at[0]) + value + text.substring(at[1]);
    }
    return ModelZips.utf8(text);
  }

  private static byte[] bytes(byte[] original, Random random) {
    if (original.length == 0) {
      return original;
    }
    byte[] bytes =
        random.nextInt(4) == 0
            ? java.util.Arrays.copyOf(original, random.nextInt(original.length))
            : original.clone();
    int changes = 1 + random.nextInt(8);
    for (int i = 0; i < changes && bytes.length > 0; i++) {
      int most = random.nextBoolean() ? Math.min(bytes.length, 150) : bytes.length;
      bytes[random.nextInt(most)] = (byte) (random.nextBoolean() ? random.nextInt(256) : -1);
    }
    return bytes;
  }
}
