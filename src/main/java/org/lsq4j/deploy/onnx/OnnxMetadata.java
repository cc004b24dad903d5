package org.lsq4j.deploy.onnx;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.lsq4j.deploy.graph.ModelInfo;
import org.lsq4j.deploy.graph.ModelInfo.PixelScaling;

/**
 * What ONNX has no place for, in a model's metadata: how to feed it, and the bits of weights. Lists
 * are JSON.
 */
final class OnnxMetadata {

  static final String PRODUCER = "LSQ4J";

  private static final String VERSION = "1";
  private static final String VERSION_KEY = "lsq4j.version";
  private static final String DATASET = "lsq4j.dataset";
  private static final String CLASSES = "lsq4j.class_names";
  private static final String SCALING = "lsq4j.scaling";
  private static final String WEIGHT_BITS = "lsq4j.weight_bits";
  private static final ObjectMapper JSON = new ObjectMapper();

  private OnnxMetadata() {}

  private record Scaling(String kind, List<Double> center, List<Double> scale) {}

  static List<StringStringEntryProto> of(ModelInfo info, Map<String, Integer> weightBits) {
    Map<String, String> entries = new LinkedHashMap<>();
    entries.put(VERSION_KEY, VERSION);
    if (!info.dataset().isEmpty()) {
      entries.put(DATASET, info.dataset());
    }
    if (!info.classNames().isEmpty()) {
      entries.put(CLASSES, json(info.classNames()));
    }
    info.scaling()
        .ifPresent(
            scaling ->
                entries.put(
                    SCALING, json(new Scaling(scaling.kind(), scaling.center(), scaling.scale()))));
    if (!weightBits.isEmpty()) {
      entries.put(WEIGHT_BITS, json(weightBits));
    }
    return entries.entrySet().stream()
        .map(
            entry ->
                StringStringEntryProto.newBuilder()
                    .setKey(entry.getKey())
                    .setValue(entry.getValue())
                    .build())
        .toList();
  }

  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * What a model's metadata tells.
   *
   * @throws OnnxFileException if LSQ4J has not written it
   */
  static ModelInfo info(String producer, Map<String, String> entries) {
    String version = entries.get(VERSION_KEY);
    if (!producer.equals(PRODUCER) || version == null) {
      throw new OnnxFileException(
          "it was not written by LSQ4J but by "
              + (producer.isEmpty() ? "a program that does not say its name" : producer)
              + "; only files of \"lsq4j export\" say how to feed them");
    }
    if (!version.equals(VERSION)) {
      throw new OnnxFileException(
          "its metadata has version " + version + ", but this program reads version " + VERSION);
    }
    Optional<Scaling> scaling = read(entries, SCALING, new TypeReference<>() {});
    Optional<List<String>> classes = read(entries, CLASSES, new TypeReference<>() {});
    try {
      return new ModelInfo(
          entries.getOrDefault(DATASET, ""),
          classes.orElse(List.of()),
          scaling.map(s -> new PixelScaling(s.kind(), s.center(), s.scale())));
    } catch (IllegalArgumentException | NullPointerException e) {
      throw new OnnxFileException("its metadata is wrong: " + e.getMessage(), e);
    }
  }

  /** The bits of weights by the names of their codes. */
  static Map<String, Integer> weightBits(Map<String, String> entries) {
    Optional<Map<String, Integer>> bits = read(entries, WEIGHT_BITS, new TypeReference<>() {});
    return bits.orElse(Map.of());
  }

  private static <T> Optional<T> read(
      Map<String, String> entries, String key, TypeReference<T> type) {
    try {
      String text = entries.get(key);
      return text == null ? Optional.empty() : Optional.ofNullable(JSON.readValue(text, type));
    } catch (JsonProcessingException e) {
      throw new OnnxFileException("its metadata " + key + " is wrong: " + e.getMessage(), e);
    }
  }
}
