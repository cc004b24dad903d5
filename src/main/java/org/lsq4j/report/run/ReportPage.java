package org.lsq4j.report.run;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.lsq4j.report.html.HtmlPage;
import org.lsq4j.report.run.RunRecords.Results;
import org.lsq4j.report.text.Language;

/** The page of a run, or of several side by side. */
final class ReportPage {

  private static final String TEMPLATE = "report.mustache";
  private static final String SCRIPT = "report.js";

  private final List<Run> runs;
  private final List<SeedSummary> seeds;

  ReportPage(List<Run> runs) {
    this.runs = List.copyOf(runs);
    seeds = SeedSummary.of(runs);
  }

  /** What the page says of runs that differ in their seeds only. */
  List<SeedSummary> seeds() {
    return seeds;
  }

  /** The page. */
  String html() {
    boolean several = runs.size() > 1;
    Map<String, Object> values = new HashMap<>();
    values.put("title", title());
    values.put("several", several);
    values.put("facts", several ? List.of() : facts(runs.get(0)));
    values.put("notes", notes());
    values.put("results", cells(results()));
    values.put("uncounted", uncounted());
    values.put("hasSeeds", !seeds.isEmpty());
    values.put("seeds", cells(seeds.stream().map(SeedSummary::cells).toList()));
    List<Map<String, Object>> stages = stages();
    values.put("hasQuantizers", any(stages, "showsLearned"));
    values.put("hasErrors", any(stages, "showsErrors"));
    values.put("stages", stages);
    values.put("differences", differences());
    values.put("runs", runs.stream().map(ReportPage::configuration).toList());
    String body = HtmlPage.fill(ReportPage.class, TEMPLATE, values);
    String script =
        "const DATA = "
            + HtmlPage.json(runs.stream().map(ChartData::of).toList())
            + ";\n"
            + HtmlPage.script(ReportPage.class, SCRIPT);
    return HtmlPage.of(new HtmlPage.Parts(title(), Language.EN, body, script));
  }

  private String title() {
    return runs.size() == 1
        ? "Training report: " + runs.get(0).name()
        : "Comparison of " + runs.size() + " runs";
  }

  private List<String> notes() {
    boolean several = runs.size() > 1;
    return runs.stream()
        .flatMap(run -> run.notes().stream().map(note -> several ? run.name() + ": " + note : note))
        .toList();
  }

  /** Names and values of what every result depends on. */
  private static List<Map<String, String>> facts(Run run) {
    Map<String, String> facts = new LinkedHashMap<>();
    run.results()
        .ifPresent(
            results -> {
              facts.put("seed", String.valueOf(results.seed()));
              facts.put("engine", String.valueOf(results.engine()));
              facts.put("versions", versions(results));
            });
    return facts.entrySet().stream()
        .map(fact -> Map.of("name", fact.getKey(), "value", fact.getValue()))
        .toList();
  }

  private static String versions(Results results) {
    return results.versions() == null
        ? Cells.NONE
        : results.versions().entrySet().stream()
            .map(version -> version.getKey() + " " + version.getValue())
            .collect(Collectors.joining(", "));
  }

  /** Layers whose operations are not counted. */
  private List<String> uncounted() {
    String names =
        runs.stream()
            .flatMap(run -> run.stages().stream())
            .flatMap(stage -> stage.summary().stream())
            .filter(summary -> summary.operations() != null)
            .filter(summary -> summary.operations().uncounted() != null)
            .flatMap(summary -> summary.operations().uncounted().stream())
            .distinct()
            .collect(Collectors.joining(", "));
    return names.isEmpty() ? List.of() : List.of(names);
  }

  /** The tables of all stages. */
  private List<Map<String, Object>> stages() {
    List<Map<String, Object>> all = new ArrayList<>();
    for (Run run : runs) {
      for (Stage stage : run.stages()) {
        all.add(tables(runs.size() > 1 ? run.name() + " / " + stage.name() : stage.name(), stage));
      }
    }
    return all;
  }

  private static Map<String, Object> tables(String name, Stage stage) {
    List<List<String>> learned = QuantizerRows.learned(stage);
    List<List<String>> errors = QuantizerRows.errors(stage);
    return Map.of(
        "name", name,
        "showsLearned", !learned.isEmpty(),
        "showsErrors", !errors.isEmpty(),
        "learned", cells(learned),
        "errors", cells(errors),
        "distances", cells(QuantizerRows.distances(stage)));
  }

  private static boolean any(List<Map<String, Object>> stages, String key) {
    return stages.stream().anyMatch(stage -> Boolean.TRUE.equals(stage.get(key)));
  }

  private static List<Map<String, Object>> cells(List<List<String>> rows) {
    return rows.stream().map(row -> Map.<String, Object>of("cells", row)).toList();
  }

  /** The first cell names the run, which only a comparison shows. */
  private List<List<String>> results() {
    return runs.stream()
        .flatMap(run -> ResultRows.of(run).stream())
        .map(row -> runs.size() > 1 ? row : row.subList(1, row.size()))
        .toList();
  }

  private List<Map<String, Object>> differences() {
    return runs.size() > 1 ? cells(ConfigDifferences.of(runs)) : List.of();
  }

  private static Map<String, Object> configuration(Run run) {
    return Map.of("name", run.name(), "config", run.config());
  }
}
