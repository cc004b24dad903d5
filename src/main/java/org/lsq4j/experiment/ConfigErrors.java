package org.lsq4j.experiment;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.lsq4j.network.NearestName;
import org.lsq4j.network.Networks;

/**
 * Says in one line what Jackson found wrong: the path of the key, the value seen, what is allowed.
 */
final class ConfigErrors {

  private ConfigErrors() {}

  /** The text is not YAML. */
  static String syntax(JsonProcessingException e) {
    JsonLocation place = e.getLocation();
    String where = place == null ? "" : "line " + place.getLineNr() + ": ";
    String what = e.getOriginalMessage().lines().findFirst().orElse("unreadable").strip();
    return where + "not valid YAML: " + what;
  }

  /** A tree does not fit the configuration's records. */
  static String mapping(JsonNode root, JsonMappingException e) {
    String path = path(e);
    if (e instanceof UnrecognizedPropertyException unknown) {
      return unknownKey(path, unknown);
    }
    if (e instanceof ValueInstantiationException && e.getCause() != null) {
      return path + ": " + e.getCause().getMessage() + ", got " + seen(root, path);
    }
    if (e instanceof MismatchedInputException mismatch) {
      String where = path.isEmpty() ? "the file" : path;
      return where + ": must be " + allowed(mismatch.getTargetType()) + ", got " + seen(root, path);
    }
    return path + ": " + e.getOriginalMessage();
  }

  private static String unknownKey(String path, UnrecognizedPropertyException e) {
    List<String> known = e.getKnownPropertyIds().stream().map(Object::toString).sorted().toList();
    String nearest = NearestName.of(e.getPropertyName(), known).orElse("");
    return String.format(
        "%s: unknown key; did you mean '%s'? Allowed here: %s",
        path, nearest, String.join(", ", known));
  }

  private static String path(JsonMappingException e) {
    return e.getPath().stream()
        .map(
            reference ->
                reference.getFieldName() == null
                    ? Integer.toString(reference.getIndex())
                    : reference.getFieldName())
        .collect(Collectors.joining("."));
  }

  private static String seen(JsonNode root, String path) {
    JsonNode value = path.isEmpty() ? root : ConfigTree.at(root, path).orElse(root);
    return value.isValueNode() ? "'" + value.asText() + "'" : value.toString();
  }

  private static String allowed(Class<?> type) {
    if (type.isEnum()) {
      return "one of "
          + Arrays.stream(type.getEnumConstants())
              .map(constant -> Networks.words((Enum<?>) constant))
              .collect(Collectors.joining(", "));
    }
    if (Collection.class.isAssignableFrom(type)) {
      return "a list";
    }
    if (type.isRecord() || Map.class.isAssignableFrom(type)) {
      return "a section of keys and values";
    }
    if (type == Integer.class || type == Long.class) {
      return "a whole number";
    }
    if (type == Boolean.class) {
      return "true or false";
    }
    return type == Double.class ? "a number" : "text";
  }
}
