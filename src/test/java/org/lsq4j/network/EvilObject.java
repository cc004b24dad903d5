package org.lsq4j.network;

import java.io.ObjectInputStream;
import java.io.Serializable;

/** Tells when Java's deserialization makes it. */
final class EvilObject implements Serializable {

  static final String MADE = "lsq4j.test.deserialized";

  private static final long serialVersionUID = 1L;

  private void readObject(ObjectInputStream stream) {
    System.setProperty(MADE, "true");
  }
}
