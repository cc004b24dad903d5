package org.lsq4j.network;

import java.nio.file.Path;

/** A file is not a model that this program can read. */
public final class ModelFormatException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** With the file and what is wrong with it. */
  public ModelFormatException(Path file, String reason, Throwable cause) {
    super(file + " is not a network saved by DL4J or LSQ4J: " + reason, cause);
  }

  private ModelFormatException(String message, Throwable cause) {
    super(message, cause);
  }

  /** A network file that is no longer as it was written, and what is wrong with it. */
  public static ModelFormatException damaged(Path file, String reason) {
    return new ModelFormatException(file + " is damaged: " + reason, null);
  }

  /** A file that seems to be of Keras, and what is wrong with it. */
  static ModelFormatException ofKeras(Path file, String reason, Throwable cause) {
    return new ModelFormatException(file + " cannot be imported from Keras: " + reason, cause);
  }
}
