package org.lsq4j.network;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Finds the layers of a network that a policy's exceptions name. */
final class LayerExceptions {

  private final LayerGraph graph;
  private final Map<String, String> wholes;
  private final List<String> names;
  private final Map<String, LayerException> byLayer = new HashMap<>();

  /**
   * Resolves exceptions.
   *
   * @param wholes for the name of a depthwise half the name of the separable convolution, which
   *     stands for both halves
   * @param exceptions by layer name or pattern, in the order in which they count
   * @throws IllegalArgumentException if one names no layer that can be quantized
   */
  LayerExceptions(
      LayerGraph graph, Map<String, String> wholes, Map<String, LayerException> exceptions) {
    this.graph = graph;
    this.wholes = wholes;
    this.names =
        graph.layers().stream()
            .filter(node -> LayerConverter.canQuantize(node.layer()))
            .map(LayerGraph.Node::name)
            .toList();
    exceptions.forEach(this::add);
  }

  /** What a layer gets; {@link LayerException#NONE} if no exception names it. */
  LayerException of(String layer) {
    return byLayer.getOrDefault(layer, LayerException.NONE);
  }

  private void add(String pattern, LayerException exception) {
    Predicate<String> glob = glob(pattern).asMatchPredicate();
    List<String> matches =
        names.stream()
            .filter(name -> glob.test(name) || glob.test(wholes.getOrDefault(name, name)))
            .toList();
    if (matches.isEmpty()) {
      throw new IllegalArgumentException(nothingNamed(pattern));
    }
    matches.forEach(name -> byLayer.put(name, exception.over(of(name))));
  }

  private String nothingNamed(String pattern) {
    LayerGraph.Node named = graph.node(pattern);
    if (named != null && named.layer() != null) {
      return String.format(
          Locale.ROOT,
          "exceptions: layer '%s' cannot be quantized: %s. Those that can: %s",
          pattern,
          LayerConverter.obstacle(named.layer()).orElseThrow(),
          String.join(", ", names));
    }
    String nearest =
        NearestName.of(pattern, names).map(name -> "did you mean '" + name + "'? ").orElse("");
    return String.format(
        Locale.ROOT,
        "exceptions: '%s' names no layer that can be quantized; %sThere are: %s",
        pattern,
        nearest,
        names.isEmpty() ? "none" : String.join(", ", names));
  }

  /** A pattern in which * stands for any characters and ? for one. */
  private static Pattern glob(String pattern) {
    String regex =
        pattern
            .codePoints()
            .mapToObj(
                c ->
                    switch (c) {
                      case '*' -> ".*";
                      case '?' -> ".";
                      default -> Pattern.quote(Character.toString(c));
                    })
            .collect(Collectors.joining());
    return Pattern.compile(regex);
  }
}
