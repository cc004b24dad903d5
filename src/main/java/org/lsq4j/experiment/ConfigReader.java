package org.lsq4j.experiment;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads an experiment from YAML, fills in defaults, and checks everything that can be checked
 * without the data. What it returns has no value that is null for want of a default.
 */
public final class ConfigReader {

  private static final ObjectMapper YAML = Mappers.yaml();
  private static final List<String> INHERITED = List.of("training", "quantization");
  private static final Pattern IN_RUN = Pattern.compile("runs\\.\\d+\\.((\\w+)\\..*)");
  private static final long MOST_BYTES = 1 << 20;
  private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]*";

  private final String source;

  private ConfigReader(String source) {
    this.source = source;
  }

  /**
   * Reads a file.
   *
   * @param file YAML
   * @param overrides {@code path=value}, such as {@code runs.0.training.epochs=2}, applied to it
   * @throws ConfigException if the file is missing or anything in it is wrong
   */
  public static ExperimentConfig read(Path file, List<String> overrides) {
    ConfigReader reader = new ConfigReader(file.toString());
    if (!Files.isRegularFile(file)) {
      throw new ConfigException(file + ": there is no such file");
    }
    try {
      reader.requireModest(Files.size(file));
      return reader.parse(Files.readString(file, StandardCharsets.UTF_8), overrides);
    } catch (IOException e) {
      throw new ConfigException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Reads what {@link #write} gave.
   *
   * @param source where it comes from, for messages
   */
  static ExperimentConfig parse(String source, String yaml) {
    return new ConfigReader(source).parse(yaml, List.of());
  }

  private void requireModest(long bytes) {
    if (bytes > MOST_BYTES) {
      throw new ConfigException(
          String.format(
              "%s: has %d MB, and a configuration has at most %d; is it the right file?",
              source, bytes >> 20, MOST_BYTES >> 20));
    }
  }

  /** The configuration as YAML, complete with defaults. */
  static String write(ExperimentConfig config) {
    try {
      return YAML.writeValueAsString(config);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The configuration as a tree with the keys of YAML. */
  static JsonNode tree(ExperimentConfig config) {
    // By way of text, so that numbers compare equal to those read from a file.
    return new ConfigReader("configuration").tree(write(config));
  }

  private ExperimentConfig parse(String text, List<String> overrides) {
    JsonNode read = tree(text);
    if (!(read instanceof ObjectNode own)) {
      throw new ConfigException(source + ": holds no keys; see configs/ for examples");
    }
    bind(own);
    overrides.forEach(override -> applyOverride(own, override));
    bind(own);
    ObjectNode complete = (ObjectNode) ConfigTree.merge(defaults(), own);
    inherit(complete);
    ExperimentConfig config = bind(complete);
    try {
      check(config);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(source + ": " + atItsOrigin(own, e.getMessage()), e);
    }
    return config;
  }

  private JsonNode tree(String text) {
    try {
      requireNoAlias(text);
      JsonNode tree = YAML.readTree(text);
      return tree.isMissingNode() ? NullNode.getInstance() : tree;
    } catch (JsonProcessingException e) {
      throw new ConfigException(source + ": " + ConfigErrors.syntax(e), e);
    }
  }

  /** Jackson would take an alias for the text of its name. */
  private void requireNoAlias(String text) throws JsonProcessingException {
    try (YAMLParser parser = (YAMLParser) YAML.createParser(text)) {
      while (parser.nextToken() != null) {
        if (parser.isCurrentAlias()) {
          throw new ConfigException(
              String.format(
                  "%s: line %d: *%s is an alias, which configurations do not have; write the value",
                  source, parser.currentLocation().getLineNr(), parser.getText()));
        }
      }
    } catch (JsonProcessingException e) {
      throw e;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ExperimentConfig bind(JsonNode tree) {
    try {
      return YAML.treeToValue(tree, ExperimentConfig.class);
    } catch (JsonMappingException e) {
      throw new ConfigException(source + ": " + ConfigErrors.mapping(tree, e), e);
    } catch (JsonProcessingException e) {
      throw new ConfigException(source + ": " + e.getOriginalMessage(), e);
    }
  }

  private static JsonNode defaults() {
    try (InputStream stream = ConfigReader.class.getResourceAsStream("defaults.yaml")) {
      return YAML.readTree(stream);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void applyOverride(ObjectNode root, String override) {
    int equals = override.indexOf('=');
    if (equals < 1) {
      throw new ConfigException("--set " + override + ": must be path=value, as in float.epochs=3");
    }
    JsonNode value = new ConfigReader("--set " + override).tree(override.substring(equals + 1));
    ConfigTree.set(root, override.substring(0, equals), value);
  }

  /** Runs get from the whole experiment what they do not say themselves. */
  private void inherit(ObjectNode root) {
    for (JsonNode element : root.withArray("runs")) {
      if (!(element instanceof ObjectNode run)) {
        throw new ConfigException(source + ": runs: an element is empty");
      }
      for (String section : INHERITED) {
        run.set(section, ConfigTree.merge(root.get(section), run.path(section)));
      }
      if (!run.hasNonNull("exceptions")) {
        run.putObject("exceptions");
      }
      if (!run.hasNonNull("from")) {
        run.put("from", ExperimentConfig.FLOAT);
      }
    }
  }

  private static void check(ExperimentConfig config) {
    requireName("name", config.name());
    At.key("data", config.data()::check);
    At.key("network", config.network()::check);
    At.key("calibration", config.calibration()::check);
    checkFloatTraining(config);
    Set<String> names = new LinkedHashSet<>(List.of(ExperimentConfig.FLOAT));
    for (int i = 0; i < config.runs().size(); i++) {
      RunConfig run = config.runs().get(i);
      List<String> later = config.runs().stream().skip(i + 1L).map(RunConfig::name).toList();
      At.key(
          "runs." + i,
          () -> {
            run.checkStart(names, later);
            check(config, run, names);
          });
    }
  }

  private static void checkFloatTraining(ExperimentConfig config) {
    TrainingConfig training = config.floatTraining();
    if (config.network().model() == null || training.hasEpochs()) {
      At.key(ExperimentConfig.FLOAT, () -> training.toSettings(config.seed()));
      At.key(ExperimentConfig.FLOAT, training::checkForFloat);
    }
  }

  private static void check(ExperimentConfig config, RunConfig run, Set<String> names) {
    requireName("name", run.name());
    if (!names.add(run.name())) {
      throw new IllegalArgumentException(
          "name: must be unique and not 'float', got '" + run.name() + "' again");
    }
    At.key("training", () -> run.training().check(config.seed()));
    run.toPolicy(config.data().normalization());
  }

  private static void requireName(String key, String name) {
    Required.value(key, name);
    if (!name.matches(NAME)) {
      throw new IllegalArgumentException(
          key + ": names a folder, so letters, digits, '.', '_' and '-' only, got '" + name + "'");
    }
  }

  /** A run's error may come from the experiment's general section; then this names that. */
  private static String atItsOrigin(JsonNode own, String message) {
    int end = message.indexOf(':');
    Matcher inRun = IN_RUN.matcher(message.substring(0, end));
    boolean inherited =
        inRun.matches()
            && INHERITED.contains(inRun.group(2))
            && ConfigTree.at(own, inRun.group()).isEmpty();
    return inherited ? inRun.group(1) + message.substring(end) : message;
  }
}
