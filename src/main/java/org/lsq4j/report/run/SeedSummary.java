package org.lsq4j.report.run;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.math3.stat.descriptive.DescriptiveStatistics;
import org.lsq4j.report.run.RunRecords.Results;
import org.lsq4j.report.run.RunRecords.Summary;

/**
 * A stage of one experiment that ran with several seeds.
 *
 * @param run name of the first of these runs
 * @param stage name of the stage
 * @param accuracy test accuracy, 0 to 1
 * @param toFirst accuracy minus that of the first quantized stage of the same run; empty for the
 *     float stage and for that stage itself
 */
public record SeedSummary(
    String run, String stage, Spread accuracy, Optional<ReferenceSpread> toFirst) {

  /**
   * Values of several runs.
   *
   * @param runs how many
   * @param mean of all
   * @param deviation standard deviation of a sample (n - 1)
   * @param lowest smallest value
   * @param highest largest value
   */
  public record Spread(int runs, double mean, double deviation, double lowest, double highest) {

    private static Spread of(Collection<Double> values) {
      DescriptiveStatistics statistics = new DescriptiveStatistics();
      values.forEach(statistics::addValue);
      return new Spread(
          values.size(),
          statistics.getMean(),
          statistics.getStandardDeviation(),
          statistics.getMin(),
          statistics.getMax());
    }
  }

  /**
   * Differences between two stages of the same run.
   *
   * @param reference name of the other stage
   * @param difference over the runs
   */
  public record ReferenceSpread(String reference, Spread difference) {}

  /** Keys in which runs of one experiment may differ, as what they start from has its own seed. */
  private static final List<String> FREE = List.of("seed", "name", "network.model");

  /**
   * Finds the runs that differ in nothing but their seeds, and what their stages have in common.
   * Stages that fewer than two of them finished are left out.
   */
  static List<SeedSummary> of(List<Run> runs) {
    Map<Map<String, String>, Map<Long, Run>> experiments = new LinkedHashMap<>();
    for (Run run : runs) {
      run.results()
          .map(Results::seed)
          .ifPresent(
              seed ->
                  experiments
                      .computeIfAbsent(experiment(run), unused -> new LinkedHashMap<>())
                      .putIfAbsent(seed, run));
    }
    return experiments.values().stream()
        .filter(seeds -> seeds.size() > 1)
        .flatMap(seeds -> ofExperiment(List.copyOf(seeds.values())).stream())
        .toList();
  }

  private static Map<String, String> experiment(Run run) {
    Map<String, String> keys = ConfigDifferences.leaves(run);
    FREE.forEach(keys::remove);
    return keys;
  }

  private static List<SeedSummary> ofExperiment(List<Run> runs) {
    List<SeedSummary> summaries = new ArrayList<>();
    Optional<String> first = runs.stream().flatMap(run -> firstQuantized(run).stream()).findFirst();
    for (Stage stage : runs.get(0).stages()) {
      List<Double> accuracies =
          runs.stream().flatMap(run -> of(run, stage.name()).stream()).toList();
      if (accuracies.size() > 1) {
        summaries.add(
            new SeedSummary(
                runs.get(0).name(),
                stage.name(),
                Spread.of(accuracies),
                first
                    .filter(name -> isQuantized(stage) && !name.equals(stage.name()))
                    .flatMap(name -> difference(runs, stage.name(), name))));
      }
    }
    return summaries;
  }

  private static Optional<String> firstQuantized(Run run) {
    return run.stages().stream().filter(SeedSummary::isQuantized).map(Stage::name).findFirst();
  }

  private static boolean isQuantized(Stage stage) {
    return stage.summary().stream().anyMatch(each -> each.weightBits() != Float.SIZE);
  }

  private static Optional<ReferenceSpread> difference(
      List<Run> runs, String stage, String reference) {
    List<Double> differences =
        runs.stream()
            .flatMap(
                run ->
                    of(run, stage).stream()
                        .flatMap(a -> of(run, reference).stream().map(b -> a - b)))
            .toList();
    return differences.size() > 1
        ? Optional.of(new ReferenceSpread(reference, Spread.of(differences)))
        : Optional.empty();
  }

  private static Optional<Double> of(Run run, String stage) {
    return run.stages().stream()
        .filter(each -> each.name().equals(stage))
        .findFirst()
        .flatMap(Stage::summary)
        .map(Summary::testAccuracy);
  }

  /** The cells of a table's row. */
  List<String> cells() {
    return List.of(
        run,
        stage,
        Integer.toString(accuracy.runs()),
        Cells.fixed(100 * accuracy.mean(), 2),
        Cells.fixed(100 * accuracy.deviation(), 2),
        Cells.fixed(100 * accuracy.lowest(), 2),
        Cells.fixed(100 * accuracy.highest(), 2),
        toFirst.map(SeedSummary::cell).orElse(""));
  }

  private static String cell(ReferenceSpread spread) {
    return Cells.signed(100 * spread.difference().mean(), 2)
        + " ± "
        + Cells.fixed(100 * spread.difference().deviation(), 2)
        + " to "
        + spread.reference();
  }
}
