package org.lsq4j.training;

/** Calibration met data from which no step size can be found; the message names the layer. */
public final class CalibrationException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** With what is wrong. */
  public CalibrationException(String message, Throwable cause) {
    super(message, cause);
  }
}
