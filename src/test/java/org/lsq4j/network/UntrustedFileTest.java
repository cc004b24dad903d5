package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/** Model files made to do harm: each is refused in one line, before it did anything. */
class UntrustedFileTest {

  private static final String EVIL = EvilLayer.class.getName();
  private static final String EVIL_2 = EvilLayer2.class.getName();

  @TempDir private Path folder;

  private static Map<String, byte[]> honest;
  private Map<String, byte[]> entries;

  @BeforeAll
  static void network() {
    honest = ModelZips.entries(random(1).chain());
  }

  private static RandomNetworks random(int seed) {
    return new RandomNetworks(seed, RandomNetworks.Variety.EVERYTHING);
  }

  @BeforeEach
  void copy() {
    entries = new LinkedHashMap<>(honest);
    System.clearProperty(EvilLayer.LOADED);
    System.clearProperty(EvilObject.MADE);
  }

  private String refusal() {
    return refusal(ModelZips.write(folder.resolve("model.zip"), entries));
  }

  private static String refusal(Path file) {
    String message =
        assertThrows(ModelFormatException.class, () -> Networks.load(file)).getMessage();
    assertEquals(1, message.lines().count(), message);
    return message;
  }

  private String configuration() {
    return new String(entries.get(ModelZips.CONFIGURATION), StandardCharsets.UTF_8);
  }

  private void configuration(String json) {
    entries.put(ModelZips.CONFIGURATION, ModelZips.utf8(json));
  }

  @Test
  void honestFilesAreReadAsDl4jReadsThem() throws IOException {
    for (int seed = 0; seed < 10; seed++) {
      MultiLayerNetwork chain = random(seed).chain();
      ComputationGraph graph = random(seed).graph();
      chain.getUpdater();
      graph.getUpdater();
      for (Model model : new Model[] {chain, graph}) {
        Path file = ModelZips.write(folder.resolve("honest.zip"), ModelZips.entries(model));
        Model expected =
            model == chain
                ? ModelSerializer.restoreMultiLayerNetwork(file.toFile())
                : ModelSerializer.restoreComputationGraph(file.toFile());
        NeuralNetwork read = Networks.load(file);
        assertEquals(expected.params(), ((Model) read).params());
        assertEquals(json(expected), json((Model) read));
      }
    }
  }

  private static String json(Model network) {
    return network instanceof ComputationGraph graph
        ? graph.getConfiguration().toJson()
        : ((MultiLayerNetwork) network).getLayerWiseConfigurations().toJson();
  }

  @Test
  void doublePrecisionIsReadToo() {
    MultiLayerNetwork network = random(3).chain();
    MultiLayerNetwork precise = network.convertDataType(DataType.DOUBLE);
    Path file = ModelZips.write(folder.resolve("double.zip"), ModelZips.entries(precise));

    assertEquals(precise.params(), ((Model) Networks.load(file)).params());
  }

  @Test
  void anEvilClassIsNotEvenLoaded() {
    configuration(
        configuration().replace("org.deeplearning4j.nn.conf.layers.ConvolutionLayer", EVIL));

    assertTrue(refusal().contains("names the class " + EVIL + ", which is no known part"));
    assertNull(System.getProperty(EvilLayer.LOADED));
  }

  /** DL4J's own reader runs it; otherwise the test above would show nothing. */
  @Test
  void dl4jLoadsIt() {
    configuration(
        configuration().replace("org.deeplearning4j.nn.conf.layers.ConvolutionLayer", EVIL_2));
    Path file = ModelZips.write(folder.resolve("model.zip"), entries);

    assertThrows(Exception.class, () -> ModelSerializer.restoreMultiLayerNetwork(file.toFile()));
    assertEquals("true", System.getProperty(EvilLayer.LOADED));
  }

  /** Another one, as a class is initialised but once. */
  private static final class EvilLayer2 {
    static {
      System.setProperty(EvilLayer.LOADED, "true");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"@class\": \"EVIL\"}",
        "[\"EVIL\", {}]",
        "{\"EVIL\": {}}",
        "{\"type\": \"EVIL\", \"mean\": 0}",
        "{\"a\": [[{\"b\": {\"@class\": \"EVIL\"}}]]}",
        "\"[LEVIL;\"",
        "{\"@class\": \"java.util.HashMap<java.lang.String,EVIL>\"}"
      })
  void gadgetsAreFoundAtAnyDepth(String gadget) {
    configuration(
        configuration()
            .replaceFirst(
                "\"dist\" *: *null|\"iDropout\" *: *null|\"idropout\" *: *null",
                "\"idropout\" : " + gadget.replace("EVIL", EVIL)));
    assertTrue(configuration().contains(EVIL));

    assertTrue(refusal().contains("names the class"), refusal());
    assertNull(System.getProperty(EvilLayer.LOADED));
  }

  @Test
  void javaObjectsAreNotDeserialized() throws IOException {
    ByteArrayOutputStream object = new ByteArrayOutputStream();
    try (ObjectOutputStream stream = new ObjectOutputStream(object)) {
      stream.writeObject(new EvilObject());
    }
    entries.put("normalizer.bin", object.toByteArray());
    entries.put("preprocessor.bin", object.toByteArray());
    Path file = ModelZips.write(folder.resolve("model.zip"), entries);

    Networks.load(file);

    assertNull(System.getProperty(EvilObject.MADE));
    assertThrows(Exception.class, () -> ModelSerializer.restoreMultiLayerNetwork(file.toFile()));
    assertEquals("true", System.getProperty(EvilObject.MADE), "DL4J's reader makes them");
  }

  @Test
  void bombsAreRefused() {
    entries.put("extra.bin", new byte[100 << 20]);
    assertTrue(refusal().contains("MB of content, which is more than 100 times its size"));
  }

  /** Whatever the file's directory says of an entry's size. */
  @Test
  void bombsThatLieAboutTheirSizeAreRefused() {
    entries.put("configuration.json", new byte[40 << 20]);
    byte[] file = ModelZips.zip(entries);
    int directory = lastIndexOf(file, "configuration.json") - 46;
    ByteBuffer.wrap(file).order(java.nio.ByteOrder.LITTLE_ENDIAN).putInt(directory + 24, 1000);

    String message = refusal(ModelZips.write(folder.resolve("liar.zip"), file));
    assertTrue(message.contains("configuration.json has more than the 16777216 bytes"), message);
  }

  private static int lastIndexOf(byte[] file, String text) {
    return new String(file, StandardCharsets.ISO_8859_1).lastIndexOf(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"../../etc/passwd", "/etc/passwd", "a/../../b", "C:\\x", "..\\x", "a\nb"})
  void namesThatLeadElsewhereAreRefused(String name) {
    entries.put(name, new byte[1]);
    assertTrue(refusal().contains("which leads out of the file"), refusal());
  }

  @Test
  void twoEntriesOfOneNameAreRefused() {
    entries.put("xxxxxxxxxxxxxxxxxx", ModelZips.utf8("{}"));
    String raw = new String(ModelZips.zip(entries), StandardCharsets.ISO_8859_1);
    byte[] file =
        raw.replace("xxxxxxxxxxxxxxxxxx", "configuration.json")
            .getBytes(StandardCharsets.ISO_8859_1);

    String message = refusal(ModelZips.write(folder.resolve("twice.zip"), file));
    assertTrue(message.contains("two entries named 'configuration.json'"), message);
  }

  @Test
  void tooManyEntriesAreRefused() {
    for (int i = 0; i < ModelZip.MOST_ENTRIES; i++) {
      entries.put("entry" + i, new byte[0]);
    }
    assertTrue(refusal().contains("entries; a model has at most 1000"), refusal());
  }

  @Test
  void keysThatStandTwiceAreRefused() {
    configuration(configuration().replaceFirst("\\{", "{\"confs\": [],"));
    assertTrue(refusal().contains("Duplicate field 'confs'"), refusal());
  }

  @Test
  void endlessNestingIsRefused() {
    configuration("{\"a\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}");
    assertTrue(refusal().contains("configuration.json is broken: "), refusal());
  }

  @Test
  void parametersMustBeThoseTheConfigurationImplies() {
    entries.put(ModelZips.PARAMETERS, ModelZips.bytes(Nd4j.zeros(DataType.FLOAT, 1, 20)));
    assertTrue(refusal().matches(".*its configuration implies [\\d,]+ parameters, it has 20"));

    entries.put(ModelZips.PARAMETERS, ModelZips.bytes(Nd4j.zeros(DataType.FLOAT, 1, 1 << 20)));
    assertTrue(refusal().contains("coefficients.bin has more than the"), refusal());
  }

  @Test
  void hugeLayersWithoutParametersAllocateNothing() {
    configuration(configuration().replaceAll("\"nout\" *: *6", "\"nout\" : 2000000000"));
    assertTrue(
        refusal()
            .matches(
                ".*its configuration implies [\\d,-]+ parameters, it has [\\d,]+"
                    + "|.*it cannot be read: .*"),
        refusal());
  }

  @Test
  void arraysMustBeWhatTheirHeadersSay() throws IOException {
    byte[] saved = entries.get(ModelZips.PARAMETERS);
    int numbers = saved.length - 4 * (int) random(1).chain().numParams();
    for (int i = 0; i < numbers; i++) {
      for (byte value : new byte[] {0, -1, 64}) {
        byte[] changed = saved.clone();
        changed[i] = value;
        if (!Arrays.equals(changed, saved)) {
          entries.put(ModelZips.PARAMETERS, changed);
          assertTrue(isRefusedOrSame(), "byte " + i + " = " + value);
        }
      }
    }
    entries.put(ModelZips.PARAMETERS, compressed());
    assertTrue(refusal().contains("coefficients.bin is broken: "), refusal());
  }

  private boolean isRefusedOrSame() {
    Path file = ModelZips.write(folder.resolve("model.zip"), entries);
    try {
      Model read = (Model) Networks.load(file);
      assertArrayEquals(
          random(1).chain().params().data().asFloat(), read.params().dup('c').data().asFloat());
      return true;
    } catch (ModelFormatException e) {
      return e.getMessage().lines().count() == 1;
    }
  }

  /** A header that makes ND4J decompress what follows. */
  private static byte[] compressed() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream stream = new DataOutputStream(bytes);
    stream.writeUTF("MIXED_DATA_TYPES");
    stream.writeLong(8);
    stream.writeUTF("LONG");
    for (long value : new long[] {2, 1, 4, 4, 1, 8192, 1, 'c'}) {
      stream.writeLong(value);
    }
    stream.writeUTF("MIXED_DATA_TYPES");
    stream.writeLong(4);
    stream.writeUTF("COMPRESSED");
    stream.writeUTF("GZIP");
    return bytes.toByteArray();
  }

  @Test
  void truncatedFilesAreRefused() {
    byte[] file = ModelZips.zip(entries);
    for (int length = 0; length < file.length; length += 1 + file.length / 200) {
      refusal(ModelZips.write(folder.resolve("cut.zip"), Arrays.copyOf(file, length)));
    }
  }

  @Test
  void emptyDocumentsAreRefused() {
    for (String json : new String[] {"", "null", "[]", "1", "\"x\"", "{}", "{\"confs\": null}"}) {
      configuration(json);
      assertFalse(refusal().contains("null"), json + ": " + refusal());
    }
  }
}
