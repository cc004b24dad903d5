package org.lsq4j.report.html;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/** Files inside the program. */
final class Resources {

  private static final String UPLOT = "/META-INF/maven/org.webjars.npm/uplot/pom.properties";

  private Resources() {}

  /** A text file beside a class, or from the root if its name begins with a slash. */
  static String text(Class<?> owner, String name) {
    try (InputStream file = open(owner, name)) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A file of uPlot by its place in the package; its whole path has the version in it. */
  static String uplot(String name) {
    Properties properties = new Properties();
    try (InputStream file = open(Resources.class, UPLOT)) {
      properties.load(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String version = properties.getProperty("version");
    return text(Resources.class, "/META-INF/resources/webjars/uplot/" + version + "/" + name);
  }

  private static InputStream open(Class<?> owner, String name) {
    InputStream file = owner.getResourceAsStream(name);
    if (file == null) {
      throw new IllegalStateException("The program lacks its file " + name);
    }
    return file;
  }
}
