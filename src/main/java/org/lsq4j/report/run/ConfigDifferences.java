package org.lsq4j.report.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** The keys in which the configurations of runs differ. */
final class ConfigDifferences {

  private ConfigDifferences() {}

  /** A row for each key: its path, then its value in every run. */
  static List<List<String>> of(List<Run> runs) {
    List<Map<String, String>> values = runs.stream().map(ConfigDifferences::leaves).toList();
    TreeSet<String> keys = new TreeSet<>();
    values.forEach(each -> keys.addAll(each.keySet()));
    List<List<String>> rows = new ArrayList<>();
    for (String key : keys) {
      List<String> cells = values.stream().map(each -> each.getOrDefault(key, Cells.NONE)).toList();
      if (cells.stream().distinct().count() > 1) {
        List<String> row = new ArrayList<>(List.of(key));
        row.addAll(cells);
        rows.add(row);
      }
    }
    return rows;
  }

  /** Every key of a run's configuration by its path, with engine and versions. */
  static Map<String, String> leaves(Run run) {
    Map<String, String> leaves = new TreeMap<>();
    run.results()
        .ifPresent(
            results -> {
              if (results.config() != null) {
                collect("", results.config(), leaves);
              }
              leaves.put("engine", String.valueOf(results.engine()));
              if (results.versions() != null) {
                results.versions().forEach((key, value) -> leaves.put("version " + key, value));
              }
            });
    return leaves;
  }

  private static void collect(String path, JsonNode node, Map<String, String> leaves) {
    if (node.isContainerNode() && !node.isEmpty()) {
      String prefix = path.isEmpty() ? "" : path + ".";
      if (node.isArray()) {
        for (int i = 0; i < node.size(); i++) {
          collect(prefix + i, node.get(i), leaves);
        }
      } else {
        node.fields()
            .forEachRemaining(field -> collect(prefix + field.getKey(), field.getValue(), leaves));
      }
    } else {
      leaves.put(path, node.isNull() ? "" : node.asText(node.toString()));
    }
  }
}
