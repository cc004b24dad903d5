package org.lsq4j.experiment;

import org.lsq4j.training.CheckpointSchedule;

/**
 * Checkpoints beside those after every epoch.
 *
 * @param minutes when so many minutes have passed since the last one; 0 for never
 * @param iterations after every so many updates; 0 for never
 * @param keep how many of the last ones stay
 */
public record CheckpointConfig(Double minutes, Integer iterations, Integer keep) {

  /**
   * As the trainer wants it.
   *
   * @throws IllegalArgumentException if a value is out of range; the message starts with its key
   */
  CheckpointSchedule toSchedule() {
    return new CheckpointSchedule(iterations, minutes, keep);
  }
}
