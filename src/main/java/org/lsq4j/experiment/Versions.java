package org.lsq4j.experiment;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/** Which program this is and what it runs on. */
public final class Versions {

  private static final Properties BUILD = read();

  private Versions() {}

  /** The version of LSQ4J. */
  public static String lsq4j() {
    return BUILD.getProperty("lsq4j");
  }

  /** The versions of everything that can change a result. */
  public static Map<String, String> all() {
    Map<String, String> versions = new LinkedHashMap<>();
    versions.put("lsq4j", lsq4j());
    versions.put("deeplearning4j", BUILD.getProperty("deeplearning4j"));
    versions.put("java", System.getProperty("java.version"));
    versions.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    return versions;
  }

  private static Properties read() {
    Properties properties = new Properties();
    try (InputStream stream = Versions.class.getResourceAsStream("versions.properties")) {
      properties.load(stream);
      return properties;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
