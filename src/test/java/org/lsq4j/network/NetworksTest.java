package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lsq4j.network.TestNetworks.normal;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.quantizer.OffsetMode;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** What both kinds of networks have in common, and reading them from files. */
class NetworksTest {

  private static final INDArray BATCH = normal(1, 6, 5);

  @TempDir private Path folder;

  @Test
  void chainsComeBackAsTheyWere() throws IOException {
    MultiLayerNetwork network = quantizer().quantize(chain()).network();
    initialize(network);
    network.fit(batch());
    MultiLayerNetwork loaded =
        assertInstanceOf(MultiLayerNetwork.class, Networks.load(save(network)));
    assertEquals(network.getLayerWiseConfigurations(), loaded.getLayerWiseConfigurations());
    assertEquals(1, Networks.iterations(loaded));
    assertEquals(saved(network), saved(loaded));
    network.fit(batch());
    loaded.fit(batch());
    assertEquals(network.params(), loaded.params());
    assertEquals(Networks.output(network, BATCH), Networks.output(loaded, BATCH));
  }

  @Test
  void graphsComeBackAsTheyWere() throws IOException {
    ComputationGraph network = quantizer().quantize(chain().toComputationGraph()).network();
    initialize(network);
    network.fit(batch());
    ComputationGraph loaded =
        assertInstanceOf(ComputationGraph.class, Networks.load(save(network)));
    assertEquals(network.getConfiguration(), loaded.getConfiguration());
    assertEquals(1, Networks.iterations(loaded));
    assertEquals(saved(network), saved(loaded));
    network.fit(batch());
    loaded.fit(batch());
    assertEquals(network.params(), loaded.params());
    assertEquals(Networks.output(network, BATCH), Networks.output(loaded, BATCH));
  }

  /** What a file holds of the quantizers; limited updates are counted anew in a loaded network. */
  private static List<List<Object>> saved(NeuralNetwork network) {
    return QuantizerView.of(network).stream()
        .map(
            view ->
                List.<Object>of(
                    view.layer(),
                    view.role(),
                    view.spec(),
                    view.step(),
                    view.offset(),
                    view.initialized(),
                    view.clipShare()))
        .toList();
  }

  @Test
  void floatNetworksOfStockLayersAreReadToo() throws IOException {
    MultiLayerNetwork network = chain();
    assertEquals(network.params(), ((Model) Networks.load(save(network))).params());
  }

  @Test
  void missingFilesAndFoldersAreSaid() {
    assertRefused(folder.resolve("none.zip"), "there is no such file");
    assertRefused(folder, "there is no such file");
  }

  @Test
  void whatIsNoZipIsSaid() throws IOException {
    assertRefused(Files.createFile(folder.resolve("empty")), "it is not a zip file");
    Path text = Files.writeString(folder.resolve("text.zip"), "PK, but only nearly\n");
    assertRefused(text, "it is not a zip file");
  }

  @Test
  void zipsWithoutNetworkAreSaid() throws IOException {
    assertRefused(zip("none.zip"), "it has no configuration.json and coefficients.bin");
    assertRefused(zip("other.zip", "readme.txt"), "it has no configuration.json");
    assertRefused(zip("half.zip", "configuration.json"), "it has no configuration.json and");
    assertRefused(
        zip("nonsense.zip", "configuration.json", "coefficients.bin"), "it cannot be read: ");
  }

  @Test
  void truncatedFilesAreSaid() throws IOException {
    byte[] whole = Files.readAllBytes(save(chain()));
    for (double share : new double[] {0.1, 0.5, 0.99}) {
      Path cut = folder.resolve("cut.zip");
      Files.write(cut, Arrays.copyOf(whole, (int) (share * whole.length)));
      assertRefused(cut, "it is not a zip file");
    }
  }

  @Test
  void damagedFilesAreSaid() throws IOException {
    byte[] whole = Files.readAllBytes(save(chain()));
    byte[] configuration = whole.clone();
    Arrays.fill(configuration, 60, 90, (byte) 0x5a);
    assertRefused(Files.write(folder.resolve("a.zip"), configuration), "it is a damaged zip file");
    int coefficients = new String(whole, StandardCharsets.ISO_8859_1).indexOf("coefficients.bin");
    Arrays.fill(whole, coefficients + 40, coefficients + 60, (byte) 0x5a);
    assertRefused(Files.write(folder.resolve("b.zip"), whole), "it is a damaged zip file");
  }

  @Test
  void layersWithoutNameAreNumbered() {
    MultiLayerNetwork network = chain();
    assertEquals("layer0", Networks.nameOf(network.getLayer(0)));
    assertEquals("output", Networks.nameOf(network.getLayer(2)));
  }

  private void assertRefused(Path file, String reason) {
    ModelFormatException error =
        assertThrows(ModelFormatException.class, () -> Networks.load(file));
    String start = file + " is not a network saved by DL4J or LSQ4J: " + reason;
    assertTrue(error.getMessage().startsWith(start), error.getMessage());
    assertEquals(1, error.getMessage().lines().count(), error.getMessage());
  }

  private Path save(NeuralNetwork network) throws IOException {
    File file = folder.resolve("network.zip").toFile();
    ModelSerializer.writeModel((Model) network, file, true);
    return file.toPath();
  }

  private Path zip(String name, String... entries) throws IOException {
    Path file = folder.resolve(name);
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (String entry : entries) {
        zip.putNextEntry(new ZipEntry(entry));
        zip.write("{}".getBytes(StandardCharsets.UTF_8));
      }
    }
    return file;
  }

  private static MultiLayerNetwork chain() {
    return TestNetworks.chain(
        InputType.feedForward(5),
        new DenseLayer.Builder().nOut(4).activation(Activation.SWISH).build(),
        new BatchNormalization(),
        TestNetworks.linearOutput());
  }

  private static NetworkQuantizer quantizer() {
    return new NetworkQuantizer(
        QuantizationPolicy.builder(3, 3).inputOffset(OffsetMode.REAL).build());
  }

  private static void initialize(NeuralNetwork network) {
    TestNetworks.quantizedLayers(network)
        .forEach(
            layer -> {
              layer.getParam("sW").assign(0.1);
              layer.getParam("sA").assign(0.01);
            });
  }

  private static DataSet batch() {
    return new DataSet(BATCH, normal(2, 6, TestNetworks.OUTPUTS));
  }
}
