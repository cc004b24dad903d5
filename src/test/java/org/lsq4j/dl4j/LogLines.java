package org.lsq4j.dl4j;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.LoggerFactory;
import org.slf4j.impl.SimpleLogger;

/** What a class of DL4J logs at level "info", which the tests' logger leaves out otherwise. */
final class LogLines {

  private static final int INFO = 20;

  private LogLines() {}

  /** The lines that a logger writes while something runs. */
  static List<String> of(Class<?> source, Runnable work) throws ReflectiveOperationException {
    Object logger = LoggerFactory.getLogger(source);
    Field level = SimpleLogger.class.getDeclaredField("currentLogLevel");
    level.setAccessible(true);
    Object before = level.get(logger);
    PrintStream standard = System.err;
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    try {
      level.set(logger, INFO);
      System.setErr(new PrintStream(written, true, StandardCharsets.UTF_8));
      work.run();
    } finally {
      System.setErr(standard);
      level.set(logger, before);
    }
    return written
        .toString(StandardCharsets.UTF_8)
        .lines()
        .filter(line -> line.contains(source.getSimpleName()))
        .toList();
  }
}
