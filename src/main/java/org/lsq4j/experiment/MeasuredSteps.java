package org.lsq4j.experiment;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;

/**
 * What a benchmark measured of one network.
 *
 * @param times of its training steps; in JSON not an object of its own
 * @param profile where the time of some more steps goes; null if that was not asked for
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record MeasuredSteps(@JsonUnwrapped StepTimes times, StepProfile profile) {}
