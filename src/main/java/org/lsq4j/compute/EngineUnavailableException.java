package org.lsq4j.compute;

/** An engine cannot work on this machine; the message says why. */
public final class EngineUnavailableException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** With the reason. */
  public EngineUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
