package org.lsq4j.experiment;

/**
 * What the user asked for cannot be done: a wrong configuration, a model that does not fit the
 * data, a folder that cannot be used. The message is one line that names the place, the value seen
 * and what is allowed.
 */
public final class ConfigException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** With the one-line message. */
  public ConfigException(String message) {
    super(message);
  }

  /** With the one-line message and what led to it. */
  public ConfigException(String message, Throwable cause) {
    super(message, cause);
  }
}
