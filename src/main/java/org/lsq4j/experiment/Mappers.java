package org.lsq4j.experiment;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.BeanDeserializerModifier;
import com.fasterxml.jackson.databind.deser.std.NumberDeserializers.DoubleDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.Arrays;
import org.lsq4j.network.Networks;

/** Jackson's mappers. Names of enumeration values are in lower case with hyphens. */
final class Mappers {

  /** No configuration needs a tenth of it. */
  private static final int MOST_NESTING = 50;

  private Mappers() {}

  /** Reads and writes results, indented. */
  static ObjectMapper json() {
    return JsonMapper.builder()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .addModule(hyphenatedEnums())
        .build();
  }

  /** Reads and writes results, an object a line. */
  static ObjectMapper jsonLines() {
    return JsonMapper.builder().addModule(hyphenatedEnums()).build();
  }

  /** Reads and writes experiments. Forgives nothing: unknown keys, duplicates, text for numbers. */
  static ObjectMapper yaml() {
    return YAMLMapper.builder(
            YAMLFactory.builder()
                .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(MOST_NESTING).build())
                .build())
        .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
        .enable(YAMLParser.Feature.EMPTY_STRING_AS_NULL)
        .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
        .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
        .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
        .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .addModule(hyphenatedEnums().addDeserializer(Double.class, new FiniteDeserializer()))
        .build();
  }

  /** A value as indented JSON. */
  static String toJson(Object value) {
    try {
      return json().writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A value as JSON in one line. */
  static String toJsonLine(Object value) {
    try {
      return jsonLines().writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static SimpleModule hyphenatedEnums() {
    SimpleModule module = new SimpleModule();
    module.addSerializer(new EnumSerializer());
    module.setDeserializerModifier(
        new BeanDeserializerModifier() {
          @Override
          public JsonDeserializer<?> modifyEnumDeserializer(
              DeserializationConfig config,
              JavaType type,
              BeanDescription description,
              JsonDeserializer<?> deserializer) {
            return new EnumDeserializer(type.getRawClass());
          }
        });
    return module;
  }

  @SuppressWarnings({"rawtypes", "serial"})
  private static final class EnumSerializer extends StdSerializer<Enum> {

    EnumSerializer() {
      super(Enum.class);
    }

    @Override
    public void serialize(Enum value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      json.writeString(Networks.words((Enum<?>) value));
    }
  }

  /** Refuses NaN and infinity, also what is too large for a double. */
  private static final class FiniteDeserializer extends JsonDeserializer<Double> {

    private final JsonDeserializer<Double> any = new DoubleDeserializer(Double.class, null);

    @Override
    public Double deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      Double value = any.deserialize(parser, context);
      if (value != null && !Double.isFinite(value)) {
        throw context.weirdNumberException(value, Double.class, "not finite");
      }
      return value;
    }
  }

  private static final class EnumDeserializer extends JsonDeserializer<Enum<?>> {

    private final Class<?> type;

    EnumDeserializer(Class<?> type) {
      this.type = type;
    }

    @Override
    public Enum<?> deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      String text = parser.getText();
      return Arrays.stream(type.getEnumConstants())
          .map(constant -> (Enum<?>) constant)
          .filter(constant -> Networks.words(constant).equals(text))
          .findFirst()
          .orElseThrow(() -> context.weirdStringException(text, type, "no such value"));
    }
  }
}
