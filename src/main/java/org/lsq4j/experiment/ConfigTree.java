package org.lsq4j.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Operations on YAML trees, whose places are named by paths such as {@code runs.0.training.epochs}.
 */
final class ConfigTree {

  private ConfigTree() {}

  /** The node at a path; empty if there is none or it is null. */
  static Optional<JsonNode> at(JsonNode root, String path) {
    JsonNode node = root;
    for (String key : path.split("\\.")) {
      node = node.isArray() && isIndex(key) ? node.get(Integer.parseInt(key)) : node.get(key);
      if (node == null || node.isNull()) {
        return Optional.empty();
      }
    }
    return Optional.of(node);
  }

  /** Two trees as one: what {@code over} says counts, except where it says nothing. */
  static JsonNode merge(JsonNode base, JsonNode over) {
    if (!(base instanceof ObjectNode) || !(over instanceof ObjectNode)) {
      return over.isNull() || over.isMissingNode() ? base.deepCopy() : over.deepCopy();
    }
    ObjectNode merged = base.deepCopy();
    over.fields()
        .forEachRemaining(
            field -> {
              JsonNode below = merged.get(field.getKey());
              merged.set(
                  field.getKey(),
                  below == null ? field.getValue().deepCopy() : merge(below, field.getValue()));
            });
    return merged;
  }

  /**
   * Sets a value, making sections on the way where there are none.
   *
   * @throws ConfigException if a list on the way has no such element
   */
  static void set(ObjectNode root, String path, JsonNode value) {
    List<String> keys = new ArrayList<>(Arrays.asList(path.split("\\.")));
    String last = keys.remove(keys.size() - 1);
    JsonNode node = root;
    for (String key : keys) {
      node = step(node, key, path);
    }
    if (node instanceof ArrayNode list) {
      list.set(index(list, last, path), value);
    } else {
      section(node, path).set(last, value);
    }
  }

  private static JsonNode step(JsonNode node, String key, String path) {
    if (node instanceof ArrayNode list) {
      return list.get(index(list, key, path));
    }
    ObjectNode section = section(node, path);
    JsonNode below = section.get(key);
    return below == null || below.isNull() ? section.putObject(key) : below;
  }

  private static ObjectNode section(JsonNode node, String path) {
    if (node instanceof ObjectNode section) {
      return section;
    }
    throw new ConfigException(
        "--set " + path + ": there is only the value " + node + " on the way");
  }

  private static int index(ArrayNode list, String key, String path) {
    if (isIndex(key) && Integer.parseInt(key) < list.size()) {
      return Integer.parseInt(key);
    }
    throw new ConfigException(
        String.format(
            "--set %s: '%s' is not an element of the list, which has %d (0 is the first)",
            path, key, list.size()));
  }

  private static boolean isIndex(String key) {
    return key.matches("\\d{1,6}");
  }

  /** The path of the first place where two trees differ, keys in alphabetical order. */
  static Optional<String> firstDifference(JsonNode left, JsonNode right) {
    return difference("", left, right);
  }

  private static Optional<String> difference(String path, JsonNode left, JsonNode right) {
    if (left.equals(right)) {
      return Optional.empty();
    }
    if (!left.isContainerNode() || left.getNodeType() != right.getNodeType()) {
      return Optional.of(path);
    }
    for (String key : keys(left, right)) {
      String below = path.isEmpty() ? key : path + "." + key;
      Optional<String> found = difference(below, child(left, key), child(right, key));
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.of(path);
  }

  private static TreeSet<String> keys(JsonNode left, JsonNode right) {
    TreeSet<String> keys = new TreeSet<>();
    for (JsonNode node : List.of(left, right)) {
      Iterator<Map.Entry<String, JsonNode>> fields = node.fields();
      fields.forEachRemaining(field -> keys.add(field.getKey()));
      for (int i = 0; i < (node.isArray() ? node.size() : 0); i++) {
        keys.add(Integer.toString(i));
      }
    }
    return keys;
  }

  private static JsonNode child(JsonNode node, String key) {
    return node.isArray() ? node.path(Integer.parseInt(key)) : node.path(key);
  }
}
