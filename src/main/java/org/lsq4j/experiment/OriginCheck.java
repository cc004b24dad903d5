package org.lsq4j.experiment;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.TrainingOrigin;

/**
 * What checkpoints hold of where they come from, and whether a run may go on from one: those of
 * other configurations and data are refused; other versions are worth a warning.
 *
 * @param config of the run
 * @param data of the run
 * @param root the run's folder
 * @param warnings hears of other versions
 */
record OriginCheck(
    ExperimentConfig config, ExperimentData data, Path root, Consumer<String> warnings) {

  /** What the checkpoints of this run hold. */
  TrainingOrigin origin() {
    Map<String, String> versions = new HashMap<>(Versions.all());
    versions.put("engine", ComputeEngines.current().description());
    return new TrainingOrigin(ConfigReader.write(config), versions);
  }

  /**
   * Looks at a checkpoint.
   *
   * @throws ConfigException if the run must not go on from it
   */
  void check(Checkpoint checkpoint) {
    if (checkpoint.card().isPresent() && !checkpoint.card().get().equals(data.card())) {
      throw new ConfigException(
          String.format(
              "Cannot resume %s: its images were others than those of %s are now",
              root, data.images().name()));
    }
    checkpoint.origin().ifPresent(this::check);
  }

  private void check(TrainingOrigin before) {
    String source = root.toString();
    new ResumeCheck(root, config)
        .requireSame(source, ConfigReader.parse(source, before.configuration()));
    TrainingOrigin now = origin();
    for (String part : new TreeSet<>(now.versions().keySet())) {
      String earlier = before.versions().get(part);
      if (!now.versions().get(part).equals(earlier)) {
        warnings.accept(
            String.format(
                "the checkpoint is of %s %s, this is %s; the last bits of results may differ",
                part, earlier, now.versions().get(part)));
      }
    }
  }
}
