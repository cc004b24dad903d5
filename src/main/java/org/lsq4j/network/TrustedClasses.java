package org.lsq4j.network;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The classes that a model file may name. DL4J makes an object of whatever class a network's
 * configuration names; LSQ4J looks at the names first, before any of those classes is loaded.
 *
 * <p>Known are the layers, vertices, activations, losses, updaters and other parts of
 * configurations of DL4J, ND4J and LSQ4J. Programs with parts of their own name them by {@link
 * #allow}, users of the command line by {@code -Dlsq4j.allow=com.example.MyLayer,...}.
 */
public final class TrustedClasses {

  /** System property with more class names, separated by commas. */
  public static final String PROPERTY = "lsq4j.allow";

  private static final String TYPE_KEY = "@class";
  private static final String LIST = "trusted-classes.txt";
  private static final Pattern QUALIFIED =
      Pattern.compile("[A-Za-z_$][\\w$]*(?:\\.[A-Za-z_$][\\w$]*)+");
  private static final Set<String> KNOWN = readList();
  private static final Set<String> ALLOWED = ConcurrentHashMap.newKeySet();

  private TrustedClasses() {}

  private static Set<String> readList() {
    try (InputStream stream = TrustedClasses.class.getResourceAsStream(LIST)) {
      String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      return Set.copyOf(text.lines().filter(line -> !line.startsWith("#")).toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Lets model files name these classes, too, such as layers of your own. */
  public static void allow(Class<?>... classes) {
    Arrays.stream(classes).map(Class::getName).forEach(ALLOWED::add);
  }

  static boolean isTrusted(String name) {
    return KNOWN.contains(name) || ALLOWED.contains(name) || byProperty().anyMatch(name::equals);
  }

  private static Stream<String> byProperty() {
    return Arrays.stream(System.getProperty(PROPERTY, "").split(","))
        .map(String::strip)
        .filter(name -> !name.isEmpty());
  }

  /**
   * The first class that a configuration names and nobody vouches for.
   *
   * <p>Beside {@code @class}, Jackson takes names of classes from places that differ from type to
   * type: other keys, keys of wrapper objects, first elements of lists. So no text anywhere may be
   * the name of a class that exists.
   */
  static Optional<String> firstUnknown(JsonNode root) {
    Deque<JsonNode> open = new ArrayDeque<>();
    open.push(root);
    while (!open.isEmpty()) {
      JsonNode node = open.pop();
      for (Map.Entry<String, JsonNode> field : node.properties()) {
        Optional<String> unknown = unknown(field);
        if (unknown.isPresent()) {
          return unknown;
        }
      }
      Optional<String> named = node.isTextual() ? namedClass(node.textValue()) : Optional.empty();
      if (named.isPresent()) {
        return named;
      }
      node.forEach(open::push);
    }
    return Optional.empty();
  }

  private static Optional<String> unknown(Map.Entry<String, JsonNode> field) {
    if (field.getKey().equals(TYPE_KEY) && !isTrusted(field.getValue().asText())) {
      String shown = field.getValue().asText();
      return Optional.of(shown.isEmpty() ? field.getValue().toString() : shown);
    }
    return namedClass(field.getKey());
  }

  private static Optional<String> namedClass(String text) {
    Matcher name = QUALIFIED.matcher(text.replace("[L", " "));
    while (name.find()) {
      if (!isTrusted(name.group()) && exists(name.group())) {
        return Optional.of(name.group());
      }
    }
    return Optional.empty();
  }

  /** Looks for the class's file, as loading the class would already run code of it. */
  private static boolean exists(String className) {
    return TrustedClasses.class.getClassLoader().getResource(className.replace('.', '/') + ".class")
        != null;
  }
}
