package org.lsq4j.network;

/** What an attacker finds on the class path: loading it does something, and it tells. */
public final class EvilLayer {

  static final String LOADED = "lsq4j.test.evil";

  static {
    System.setProperty(LOADED, "true");
  }
}
