package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;

/** The entries are those that DL4J's own writer makes. */
class ModelEntryTest {

  static Stream<NeuralNetwork> networks() {
    return Stream.of(chain(new Adam(0.1)), chain(new Sgd(0.1)), withoutParameters(), graph());
  }

  private static MultiLayerNetwork chain(IUpdater updater) {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .updater(updater)
                .seed(1)
                .list(new OutputLayer.Builder().nIn(3).nOut(2).build())
                .build());
    network.init();
    network.fit(new DataSet(Nd4j.ones(DataType.FLOAT, 4, 3), Nd4j.ones(DataType.FLOAT, 4, 2)));
    return network;
  }

  private static MultiLayerNetwork withoutParameters() {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder().list(new LossLayer.Builder().build()).build());
    network.init();
    return network;
  }

  private static ComputationGraph graph() {
    ComputationGraphConfiguration configuration =
        new NeuralNetConfiguration.Builder()
            .updater(new Adam(0.1))
            .seed(2)
            .graphBuilder()
            .addInputs("in")
            .addLayer("out", new OutputLayer.Builder().nIn(3).nOut(2).build(), "in")
            .setOutputs("out")
            .build();
    ComputationGraph network = new ComputationGraph(configuration);
    network.init();
    return network;
  }

  @ParameterizedTest
  @MethodSource("networks")
  void areThoseOfModelSerializer(NeuralNetwork network) throws IOException {
    List<ModelEntry> entries = new ArrayList<>(ModelEntry.ofNetwork(network));
    assertSame(saved(network, false), entries);
    entries.addAll(ModelEntry.ofUpdater(network));
    assertSame(saved(network, true), entries);
  }

  private static void assertSame(Map<String, byte[]> expected, List<ModelEntry> entries)
      throws IOException {
    assertEquals(List.copyOf(expected.keySet()), entries.stream().map(ModelEntry::name).toList());
    for (ModelEntry entry : entries) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      entry.content().writeTo(bytes);
      assertArrayEquals(expected.get(entry.name()), bytes.toByteArray(), entry.name());
    }
  }

  private static Map<String, byte[]> saved(NeuralNetwork network, boolean withUpdater)
      throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    ModelSerializer.writeModel((Model) network, file, withUpdater);
    Map<String, byte[]> contents = new LinkedHashMap<>();
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(file.toByteArray()))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        contents.put(entry.getName(), zip.readAllBytes());
      }
    }
    return contents;
  }
}
