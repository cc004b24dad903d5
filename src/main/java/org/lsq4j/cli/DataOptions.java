package org.lsq4j.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.lsq4j.data.NormalizationKind;
import picocli.CommandLine.Option;

/** Options of commands that run a saved model on a data set. */
final class DataOptions {

  @Option(
      names = "--data",
      paramLabel = "NAME",
      required = true,
      description = "A data set; \"lsq4j data list\" names them.")
  private String data;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      defaultValue = "data",
      description = "Where data sets lie; ${DEFAULT-VALUE} if not given.")
  private Path folder;

  @Option(
      names = "--normalization",
      paramLabel = "KIND",
      description =
          "How pixels are scaled: standardize, unit or none. Needed for models that LSQ4J has not"
              + " written; others know it.")
  private Optional<NormalizationKind> normalization = Optional.empty();

  String data() {
    return data;
  }

  Path folder() {
    return folder;
  }

  Optional<NormalizationKind> normalization() {
    return normalization;
  }
}
