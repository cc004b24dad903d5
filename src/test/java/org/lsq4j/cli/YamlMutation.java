package org.lsq4j.cli;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Changes a YAML text as careless people and broken disks do. */
final class YamlMutation {

  private static final Pattern KEY = Pattern.compile("[A-Za-z][\\w-]*(?=\\s*:)");
  private static final Pattern VALUE =
      Pattern.compile("(?<=: )[^\\s,{}\\[\\]#][^,{}\\[\\]#\\n]*|(?<=\\[)[^\\[\\]]*(?=\\])");
  private static final List<String> VALUES =
      List.of(
          "0",
          "-1",
          "1",
          "2",
          "8",
          "9",
          "33",
          "1e308",
          "-1e308",
          "1e400",
          "1e-320",
          ".nan",
          ".inf",
          "-.inf",
          "NaN",
          "2147483647",
          "2147483648",
          "-2147483649",
          "1000000",
          "9223372036854775807",
          "9223372036854775808",
          "0.1",
          "0.5",
          "3.0",
          "'3'",
          "\"\"",
          "''",
          "~",
          "null",
          "true",
          "yes",
          "text",
          "[]",
          "{}",
          "[1, 2]",
          "{a: 1}",
          "0x10",
          "010",
          "1_000",
          "2020-01-01",
          "!!binary aGk=",
          "!!java.lang.Object {}",
          "*nothing",
          "&a x",
          "a: b: c",
          "[[[[[[[[1]]]]]]]]",
          "'\\0'",
          "é中\uD83D\uDE00",
          "../../etc/passwd",
          "/",
          "none",
          "float",
          "auto",
          "real",
          "integer",
          "unsigned",
          "per-channel",
          "adam",
          "step",
          "nchw",
          "fold",
          "lenet",
          "resnet8",
          "small-cnn",
          "resnet999999992",
          "mobilenet-1e9",
          "mobilenet-0.0000001",
          "resnet-6",
          "rollback",
          "freeze",
          "percentile",
          "nd4j",
          "- x");

  private static final List<String> KEYS =
      List.of(
          "name",
          "seed",
          "engine",
          "data",
          "network",
          "float",
          "training",
          "runs",
          "epochs",
          "batch",
          "learningRate",
          "stepRate",
          "ema",
          "guard",
          "policy",
          "teacher",
          "distillation",
          "oscillation",
          "exceptions",
          "weights",
          "inputs",
          "from",
          "quantization",
          "offset",
          "codes",
          "edgeBits",
          "trainLimit",
          "<<",
          "path",
          "model",
          "flip",
          "momentum",
          "warmupEpochs",
          "x",
          "''",
          "? [a]",
          "batches",
          "labelSmoothing",
          "weightDecay");

  private YamlMutation() {}

  static byte[] of(String original, Random random) {
    String text = original;
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      text = changed(text, random);
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return random.nextInt(12) == 0 ? flipped(bytes, random) : bytes;
  }

  private static String changed(String text, Random random) {
    return switch (random.nextInt(16)) {
      case 0 -> lines(text, random, Line.DROP);
      case 1 -> lines(text, random, Line.DUPLICATE);
      case 2 -> lines(text, random, Line.SWAP);
      case 3 -> lines(text, random, Line.INDENT);
      case 4, 5 -> replaced(text, KEY, one(KEYS, random), random);
      case 6 -> replaced(text, KEY, null, random);
      case 7 -> text.substring(0, random.nextInt(text.length() + 1));
      case 8 -> nested(text, random);
      case 9 -> text + "\n" + one(KEYS, random) + ": " + one(VALUES, random) + "\n";
      default -> replaced(text, VALUE, one(VALUES, random), random);
    };
  }

  private static String one(List<String> list, Random random) {
    return list.get(random.nextInt(list.size()));
  }

  private enum Line {
    DROP,
    DUPLICATE,
    SWAP,
    INDENT
  }

  private static String lines(String text, Random random, Line change) {
    List<String> lines = new ArrayList<>(Arrays.asList(text.split("\n", -1)));
    int at = random.nextInt(lines.size());
    switch (change) {
      case DROP -> lines.remove(at);
      case DUPLICATE -> lines.add(random.nextInt(lines.size()), lines.get(at));
      case SWAP -> lines.add(random.nextInt(lines.size()), lines.remove(at));
      case INDENT -> lines.set(at, " ".repeat(1 + random.nextInt(4)) + lines.get(at));
    }
    return String.join("\n", lines);
  }

  /** Another text in the place of a match; without one, a letter of it changes. */
  private static String replaced(String text, Pattern pattern, String by, Random random) {
    List<int[]> places = new ArrayList<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      places.add(new int[] {matcher.start(), matcher.end()});
    }
    if (places.isEmpty()) {
      return text;
    }
    int[] at = places.get(random.nextInt(places.size()));
    String found = text.substring(at[0], at[1]);
    String other = by == null ? misspelt(found, random) : by;
    return text.substring(0, at[0]) + other + text.substring(at[1]);
  }

  private static String misspelt(String word, Random random) {
    int at = random.nextInt(Math.max(1, word.length()));
    return word.substring(0, at) + (char) ('a' + random.nextInt(26)) + word.substring(at);
  }

  private static String nested(String text, Random random) {
    int depth = 1 << (1 + random.nextInt(14));
    String open = random.nextBoolean() ? "[" : "{a: ";
    String close = open.equals("[") ? "]" : "}";
    String nest = open.repeat(depth) + "1" + (random.nextBoolean() ? close.repeat(depth) : "");
    return replaced(text, VALUE, nest, random);
  }

  private static byte[] flipped(byte[] bytes, Random random) {
    byte[] result = bytes.clone();
    int changes = 1 + random.nextInt(4);
    for (int i = 0; i < changes && result.length > 0; i++) {
      result[random.nextInt(result.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return result;
  }
}
