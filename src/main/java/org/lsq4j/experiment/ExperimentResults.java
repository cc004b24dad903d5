package org.lsq4j.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/**
 * What an experiment came to so far; {@code results.json}.
 *
 * @param name the experiment's name
 * @param seed its seed
 * @param engine description of the engine that computed it
 * @param versions of LSQ4J, Deeplearning4j, Java and the operating system
 * @param config the complete configuration
 * @param runs finished stages, the float network first
 */
public record ExperimentResults(
    String name,
    long seed,
    String engine,
    Map<String, String> versions,
    JsonNode config,
    List<StageResult> runs) {}
