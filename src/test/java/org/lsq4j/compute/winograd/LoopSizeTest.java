package org.lsq4j.compute.winograd;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The loops are as large as their package says they have to be. Smaller ones would become parts of
 * their callers, and then take twice as long or more.
 */
class LoopSizeTest {

  /** Bytes of code up to which HotSpot makes a method part of its callers (FreqInlineSize). */
  private static final int LARGEST_INLINED = 325;

  @ParameterizedTest
  @CsvSource({
    "InputTransform, transformColumns",
    "InputTransform, transformRows",
    "OutputTransform, run",
    "GradientTransform, run",
    "Products, run",
    "Products, addOuterRows"
  })
  void isNotInlined(String type, String method) {
    int size = size(Pixels.class.getPackageName() + "." + type, method);
    assertTrue(size > LARGEST_INLINED, type + "." + method + " has " + size + " bytes");
  }

  /** The place behind a method's last instruction, which returns. */
  private static int size(String type, String method) {
    StringWriter code = new StringWriter();
    PrintWriter errors = new PrintWriter(System.err, true);
    String path = System.getProperty("java.class.path");
    ToolProvider.findFirst("javap")
        .orElseThrow()
        .run(new PrintWriter(code, true), errors, "-c", "-p", "-cp", path, type);
    String[] methods = code.toString().split("\\R\\R");
    String wanted =
        Arrays.stream(methods).filter(it -> it.contains("void " + method + "(")).findFirst().get();
    return Pattern.compile("(\\d+): return")
        .matcher(wanted)
        .results()
        .map(MatchResult::group)
        .mapToInt(it -> Integer.parseInt(it.substring(0, it.indexOf(':'))) + 1)
        .max()
        .getAsInt();
  }
}
