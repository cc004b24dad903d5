package org.lsq4j.experiment;

/**
 * A diverged training that went on from its last good checkpoint.
 *
 * @param epoch in which it diverged, from 1
 * @param iteration updates until then
 * @param rateFactor what the learning rates of the stage were multiplied by from then on, all
 *     rollbacks before it included
 * @param reason what was found, and where
 */
public record Rollback(int epoch, int iteration, double rateFactor, String reason) {}
