package org.lsq4j.deploy.onnx;

/** A file that is no ONNX model of LSQ4J, or one that cannot be run; says why. */
public final class OnnxFileException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What is wrong. */
  public OnnxFileException(String message) {
    super(message);
  }

  /** What is wrong, and what led to it. */
  public OnnxFileException(String message, Throwable cause) {
    super(message, cause);
  }
}
