package org.lsq4j.deploy.export;

/**
 * A network that cannot become a graph of integer operations; says which layer, why, and a cure.
 */
public final class UnsupportedNetworkException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What is not possible. */
  public UnsupportedNetworkException(String message) {
    super(message);
  }

  /** What is not possible, and what led to it. */
  public UnsupportedNetworkException(String message, Throwable cause) {
    super(message, cause);
  }

  static UnsupportedNetworkException of(String layer, String reason) {
    return new UnsupportedNetworkException("Layer " + layer + " cannot be exported: " + reason);
  }
}
