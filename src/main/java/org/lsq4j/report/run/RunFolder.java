package org.lsq4j.report.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.lsq4j.report.ReportException;
import org.lsq4j.report.run.RunRecords.Epoch;
import org.lsq4j.report.run.RunRecords.Observations;
import org.lsq4j.report.run.RunRecords.Results;
import org.lsq4j.report.run.RunRecords.Summary;
import org.lsq4j.training.observation.QuantizerObservation;

/** Reads the folder of a training, and remembers what it could not read. */
final class RunFolder {

  private static final String CONFIG = "config.yaml";
  private static final String RESULTS = "results.json";
  private static final String METRICS = "metrics.jsonl";
  private static final String OBSERVATIONS = "observations.jsonl";

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .build();

  private final Path root;
  private final List<String> notes = new ArrayList<>();

  private RunFolder(Path root) {
    this.root = root;
  }

  /**
   * Reads a folder.
   *
   * @param name what to call the run
   * @throws ReportException if it is not the folder of a training
   */
  static Run read(Path root, String name) {
    if (!Files.isRegularFile(root.resolve(CONFIG))) {
      throw new ReportException(
          root
              + " is not the folder of a run: it has no "
              + CONFIG
              + "; give one that train wrote");
    }
    return new RunFolder(root).read(name);
  }

  private Run read(String name) {
    Optional<Results> results = results();
    List<Summary> summaries = results.map(Results::runs).orElse(List.of());
    List<Epoch> epochs = lines(METRICS, Epoch.class);
    Set<String> stages = new LinkedHashSet<>();
    summaries.forEach(summary -> stages.add(summary.name()));
    epochs.forEach(epoch -> stages.add(epoch.stage()));
    List<Stage> all = new ArrayList<>();
    for (String stage : stages) {
      all.add(
          new Stage(
              stage,
              summaries.stream().filter(summary -> summary.name().equals(stage)).findFirst(),
              epochs.stream().filter(epoch -> epoch.stage().equals(stage)).toList(),
              observations(stage)));
    }
    return new Run(name, results, text(CONFIG).orElse(""), all, notes);
  }

  private Optional<Results> results() {
    Optional<String> text = text(RESULTS);
    if (text.isEmpty()) {
      notes.add("No stage is finished: there is no " + RESULTS + ".");
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.readValue(text.get(), Results.class));
    } catch (JsonProcessingException e) {
      notes.add(RESULTS + " is damaged and left out.");
      return Optional.empty();
    }
  }

  private Map<Integer, List<QuantizerObservation>> observations(String stage) {
    // By epoch; a line makes those of the same and later epochs before it void.
    TreeMap<Integer, List<QuantizerObservation>> byEpoch = new TreeMap<>();
    for (Observations line : lines(stage + "/" + OBSERVATIONS, Observations.class)) {
      byEpoch.tailMap(line.epoch()).clear();
      byEpoch.put(line.epoch(), line.quantizers() == null ? List.of() : line.quantizers());
    }
    return new LinkedHashMap<>(byEpoch);
  }

  private <T> List<T> lines(String file, Class<T> type) {
    List<T> values = new ArrayList<>();
    int damaged = 0;
    for (String line : text(file).orElse("").split("\n")) {
      try {
        if (!line.isBlank()) {
          values.add(JSON.readValue(line, type));
        }
      } catch (JsonProcessingException e) {
        damaged++;
      }
    }
    if (damaged > 0) {
      notes.add(file + ": lines that are damaged and left out: " + damaged + ".");
    }
    return values;
  }

  private Optional<String> text(String name) {
    Path file = root.resolve(name);
    try {
      // Not readString, which refuses a file that was cut within a character.
      return Files.isRegularFile(file)
          ? Optional.of(new String(Files.readAllBytes(file), StandardCharsets.UTF_8))
          : Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file + ": " + e, e);
    }
  }
}
