package org.lsq4j.report.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs with several seeds, as their folders tell them. */
class SeedSummaryTest {

  private static final double EXACT = 1e-12;

  @TempDir private Path folder;

  /** A folder with the float stage, {@code plain} and {@code frozen}. */
  private Path run(String name, int seed, int epochs, double plain, double frozen)
      throws IOException {
    Path run = Files.createDirectory(folder.resolve(name));
    Files.writeString(run.resolve("config.yaml"), "name: " + name + "\n");
    Files.writeString(
        run.resolve("results.json"),
        String.format(
            Locale.ROOT,
            """
            {"name": "%s", "seed": %d, "engine": "onednn",
             "config": {"name": "%s", "seed": %d, "network": {"model": "float-%d.zip"},
                        "training": {"epochs": %d}},
             "runs": [
               {"name": "float", "weightBits": 32, "inputBits": 32, "testAccuracy": 0.9},
               {"name": "plain", "weightBits": 2, "inputBits": 2, "testAccuracy": %s},
               {"name": "frozen", "weightBits": 2, "inputBits": 2, "testAccuracy": %s}]}
            """,
            name,
            seed,
            name,
            seed,
            seed,
            epochs,
            plain,
            frozen));
    return run;
  }

  private List<SeedSummary> summaries(Path... runs) {
    return RunReport.compare(List.of(runs), folder.resolve("page.html"));
  }

  @Test
  void meanAndSpreadAreThoseOfTheSeeds() throws IOException {
    List<SeedSummary> summaries =
        summaries(
            run("a", 1, 8, 0.80, 0.81), run("b", 2, 8, 0.82, 0.83), run("c", 3, 8, 0.84, 0.88));

    assertEquals(
        List.of("float", "plain", "frozen"), summaries.stream().map(SeedSummary::stage).toList());
    SeedSummary.Spread plain = summaries.get(1).accuracy();
    assertEquals(3, plain.runs());
    assertEquals(0.82, plain.mean(), EXACT);
    assertEquals(0.02, plain.deviation(), EXACT);
    assertEquals(0.80, plain.lowest(), EXACT);
    assertEquals(0.84, plain.highest(), EXACT);
    assertEquals(Optional.empty(), summaries.get(0).toFirst());
    assertEquals(Optional.empty(), summaries.get(1).toFirst());
    SeedSummary.ReferenceSpread difference = summaries.get(2).toFirst().orElseThrow();
    assertEquals("plain", difference.reference());
    // 0.01, 0.01, 0.04: of the same seed, not of the means.
    assertEquals(0.02, difference.difference().mean(), EXACT);
    assertEquals(Math.sqrt(3) / 100, difference.difference().deviation(), EXACT);
    String page = Files.readString(folder.resolve("page.html"));
    assertTrue(page.contains("<td>+2.00 ± 1.73 to plain</td>"), page);
  }

  @Test
  void runsOfOtherConfigurationsAreNotMixed() throws IOException {
    assertEquals(List.of(), summaries(run("a", 1, 8, 0.80, 0.81), run("b", 2, 30, 0.82, 0.83)));
    assertFalse(Files.readString(folder.resolve("page.html")).contains("Over seeds"));
  }

  @Test
  void theSameSeedCountsOnce() throws IOException {
    assertEquals(List.of(), summaries(run("a", 1, 8, 0.80, 0.81), run("b", 1, 8, 0.82, 0.83)));
  }

  @Test
  void everyExperimentHasItsOwnRows() throws IOException {
    List<SeedSummary> summaries =
        summaries(
            run("a", 1, 8, 0.80, 0.81),
            run("long-a", 1, 30, 0.85, 0.86),
            run("b", 2, 8, 0.82, 0.83),
            run("long-b", 2, 30, 0.87, 0.88));

    assertEquals(
        List.of("a", "a", "a", "long-a", "long-a", "long-a"),
        summaries.stream().map(SeedSummary::run).toList());
    assertEquals(0.86, summaries.get(4).accuracy().mean(), EXACT);
  }
}
