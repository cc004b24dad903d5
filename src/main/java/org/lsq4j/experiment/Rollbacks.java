package org.lsq4j.experiment;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.lsq4j.files.DurableFile;

/** The rollbacks of a stage, in a file of their own so that they outlive the process. */
final class Rollbacks {

  /** Beside the stage's checkpoints. */
  static final String FILE = "rollbacks.json";

  private static final ObjectMapper JSON = Mappers.json();

  private final Path file;
  private final List<Rollback> list;

  private Rollbacks(Path file, List<Rollback> list) {
    this.file = file;
    this.list = new ArrayList<>(list);
  }

  /** Those in a stage's folder. */
  static Rollbacks of(Path stageFolder) {
    Path file = stageFolder.resolve(FILE);
    try {
      List<Rollback> saved =
          Files.exists(file)
              ? JSON.readValue(file.toFile(), new TypeReference<List<Rollback>>() {})
              : List.of();
      return new Rollbacks(file, saved);
    } catch (IOException e) {
      throw new ConfigException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  List<Rollback> list() {
    return List.copyOf(list);
  }

  /** What learning rates are multiplied by now. */
  double rateFactor() {
    return list.isEmpty() ? 1 : list.get(list.size() - 1).rateFactor();
  }

  void add(Rollback rollback) {
    list.add(rollback);
    DurableFile.write(file, Mappers.toJson(list).getBytes(StandardCharsets.UTF_8));
  }
}
