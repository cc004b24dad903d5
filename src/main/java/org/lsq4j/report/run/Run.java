package org.lsq4j.report.run;

import java.util.List;
import java.util.Optional;
import org.lsq4j.report.run.RunRecords.Results;

/**
 * A training as its folder tells it.
 *
 * @param name what to call it
 * @param results of finished stages; empty if there are none yet
 * @param config its configuration, YAML
 * @param stages finished or begun, in order
 * @param notes what could not be read
 */
record Run(
    String name, Optional<Results> results, String config, List<Stage> stages, List<String> notes) {

  Run {
    stages = List.copyOf(stages);
    notes = List.copyOf(notes);
  }
}
