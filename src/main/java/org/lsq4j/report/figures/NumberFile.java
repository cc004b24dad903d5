package org.lsq4j.report.figures;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.DoubleStream;
import org.lsq4j.report.ReportException;

/**
 * Numbers in a text file, separated by commas, semicolons or white space; a first line of names.
 */
final class NumberFile {

  private static final String SEPARATORS = "[,;\\s]+";

  private NumberFile() {}

  /**
   * Reads all numbers.
   *
   * @throws ReportException if the file is missing or holds something else, with line and word
   */
  static double[] read(Path file) {
    DoubleStream.Builder numbers = DoubleStream.builder();
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      int number = 1;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (number > 1 || !isHeader(line)) {
          add(line, file + ", line " + number, numbers);
        }
        number++;
      }
    } catch (IOException e) {
      throw new ReportException(file + " cannot be read: " + e, e);
    }
    return numbers.build().toArray();
  }

  private static boolean isHeader(String line) {
    return line.toLowerCase(Locale.ROOT).matches(".*[a-df-z_].*");
  }

  private static void add(String line, String place, DoubleStream.Builder numbers) {
    for (String word : line.strip().split(SEPARATORS)) {
      if (!word.isEmpty()) {
        numbers.add(number(word, place));
      }
    }
  }

  private static double number(String word, String place) {
    try {
      return Double.parseDouble(word);
    } catch (NumberFormatException e) {
      throw new ReportException(
          place + ": '" + word + "' is not a number; allowed are numbers separated by commas", e);
    }
  }
}
