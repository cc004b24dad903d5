package org.lsq4j.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.lsq4j.training.ScheduleKind;
import org.lsq4j.training.oscillation.OscillationMethod;

/**
 * Whether a run may go on with a configuration: it must be the one it was started with, up to what
 * has no effect on what is done already. That is where data lie, how often checkpoints are written,
 * what happens when a training diverges, further runs behind the others, and more epochs of the
 * last stage begun, if nothing in its training depends on their number.
 *
 * @param root the run's folder
 * @param now the configuration to go on with
 */
record ResumeCheck(Path root, ExperimentConfig now) {

  /** Keys of a training. */
  private static final List<String> WITHOUT_EFFECT = List.of("checkpoint", "guard");

  /** Only defaults of what every run holds in full. */
  private static final List<String> DEFAULTS_OF_RUNS = List.of("training", "quantization");

  /**
   * Compares.
   *
   * @param source of the earlier configuration, for messages
   * @param before the earlier configuration
   * @throws ConfigException that names the first key that differs, and both values
   */
  void requireSame(String source, ExperimentConfig before) {
    ObjectNode left = comparable(before);
    ObjectNode right = comparable(now);
    dropFurtherRuns(left, right);
    allowMoreEpochs(left, right);
    ConfigTree.firstDifference(left, right)
        .ifPresent(
            path -> {
              throw new ConfigException(
                  String.format(
                      "Cannot resume %s: %s was %s, now it is %s; use the same configuration or"
                          + " --overwrite",
                      source, path, valueAt(left, path), valueAt(right, path)));
            });
  }

  private static ObjectNode comparable(ExperimentConfig config) {
    ObjectNode tree = (ObjectNode) ConfigReader.tree(config);
    tree.remove(DEFAULTS_OF_RUNS);
    ((ObjectNode) tree.get("data")).remove("folder");
    trainings(tree).forEach(training -> training.remove(WITHOUT_EFFECT));
    return tree;
  }

  /** Of the float network and of all runs, in order. */
  private static List<ObjectNode> trainings(JsonNode tree) {
    Stream<JsonNode> ofRuns = runs(tree).map(run -> run.get("training"));
    return Stream.concat(Stream.of(tree.get(ExperimentConfig.FLOAT)), ofRuns)
        .map(ObjectNode.class::cast)
        .toList();
  }

  private static Stream<JsonNode> runs(JsonNode tree) {
    ArrayNode runs = (ArrayNode) tree.get("runs");
    Stream.Builder<JsonNode> all = Stream.builder();
    runs.forEach(all::add);
    return all.build();
  }

  private static void dropFurtherRuns(ObjectNode before, ObjectNode after) {
    ArrayNode runs = (ArrayNode) after.get("runs");
    while (runs.size() > before.get("runs").size()) {
      runs.remove(runs.size() - 1);
    }
  }

  private void allowMoreEpochs(ObjectNode left, ObjectNode right) {
    List<ObjectNode> before = trainings(left);
    List<ObjectNode> after = trainings(right);
    for (int stage = 0; stage < Math.min(before.size(), after.size()); stage++) {
      int epochs = after.get(stage).path("epochs").asInt();
      boolean more =
          before.get(stage).path("epochs").asInt() > 0
              && epochs > before.get(stage).path("epochs").asInt();
      if (more && isOpenEnded(training(stage)) && !isBegunAfter(stage)) {
        before.get(stage).put("epochs", epochs);
      }
    }
  }

  private TrainingConfig training(int stage) {
    return stage == 0 ? now.floatTraining() : now.runs().get(stage - 1).training();
  }

  private static boolean isOpenEnded(TrainingConfig training) {
    OscillationMethod method = training.oscillation().method();
    return training.schedule() != ScheduleKind.COSINE
        && (method == null || method == OscillationMethod.NONE);
  }

  /** Whether a later stage exists, which may have started from this one or learned from it. */
  private boolean isBegunAfter(int stage) {
    return now.runs().stream().skip(stage).anyMatch(run -> Files.exists(root.resolve(run.name())));
  }

  private static String valueAt(JsonNode tree, String path) {
    return ConfigTree.at(tree, path).map(JsonNode::toString).orElse("not set");
  }
}
