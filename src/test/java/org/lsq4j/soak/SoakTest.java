package org.lsq4j.soak;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * The soak: memory, files and threads of a long training are flat. Half a minute here, which finds
 * what grows with every epoch; {@code mvn -Psoak verify} takes two hours, {@code -Dsoak.minutes=30}
 * another time.
 */
class SoakTest {

  private static final double MINUTES =
      Double.parseDouble(System.getProperty("lsq4j.soak.minutes", "0.5"));

  @Test
  void nothingGrows() throws IOException {
    Assumptions.assumeTrue(ProcessFiles.areReadable(), "needs Linux's /proc");
    Path folder = Path.of("target", "soak");
    List<Flatness> verdicts = Soak.run(MINUTES, folder);
    List<String> lines = verdicts.stream().map(Flatness::toString).toList();
    Files.write(folder.resolve("verdict.txt"), lines);
    assertTrue(
        verdicts.stream().allMatch(Flatness::isFlat),
        () -> String.join("\n", lines) + "\nSamples: " + folder.resolve("soak.csv"));
  }
}
