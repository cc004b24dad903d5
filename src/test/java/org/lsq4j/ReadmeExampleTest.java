package org.lsq4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.data.Datasets;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.data.ImageData;
import org.lsq4j.data.Normalization;
import org.lsq4j.data.NormalizationKind;
import org.lsq4j.network.NetworkQuantizer;
import org.lsq4j.network.Networks;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.network.QuantizerView;
import org.lsq4j.training.Accuracy;
import org.lsq4j.training.Calibration;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.learning.config.Nesterovs;

/** The README's example is this file's: it compiles, runs and learns. */
class ReadmeExampleTest {

  private static final String INDENT = "    ";

  @TempDir Path folder;

  @Test
  void exampleLearns() throws IOException {
    ImageData data = Datasets.load(Datasets.DEFAULT, folder).limit(1500, 500);
    Normalization normalization = Normalization.of(data.train(), NormalizationKind.STANDARDIZE);
    ImageBatches train =
        ImageBatches.training(data).batchSize(32).normalization(normalization).build();
    ImageBatches test = ImageBatches.evaluation(data).normalization(normalization).build();
    MultiLayerNetwork floatNetwork = floatNetwork();
    floatNetwork.fit(train, 2);

    MultiLayerNetwork network = example(floatNetwork, train, folder.resolve("w4a4.zip").toString());

    assertTrue(Accuracy.of(network, test) > 0.7);
    assertEquals(
        network.params(), ((MultiLayerNetwork) Networks.load(folder.resolve("w4a4.zip"))).params());
    assertTrue(QuantizerView.of(network).stream().allMatch(QuantizerView::initialized));
  }

  @Test
  void readmeShowsThisExample() throws IOException {
    String source = Files.readString(Path.of("src/test/java/org/lsq4j/ReadmeExampleTest.java"));
    List<String> lines = source.lines().toList();
    String example =
        lines
            .subList(lines.indexOf(INDENT + "// begin") + 1, lines.indexOf(INDENT + "// end"))
            .stream()
            .map(line -> line.startsWith(INDENT) ? line.substring(INDENT.length()) : line)
            .collect(Collectors.joining("\n"));
    assertTrue(
        Files.readString(Path.of("README.md")).contains(example),
        "README.md must show:\n" + example);
  }

  private static MultiLayerNetwork example(
      MultiLayerNetwork floatNetwork, DataSetIterator train, String file) throws IOException {
    // begin
    var policy = QuantizationPolicy.builder(4, 4).build(); // 4-bit weights and activations
    var converted = new NetworkQuantizer(policy).quantize(floatNetwork);
    converted.decisions().forEach(System.out::println); // what each layer got, and why
    MultiLayerNetwork network = converted.network();
    Calibration.run(network, train, 8); // first step sizes, from 8 batches
    network.setLearningRate(0.001);
    network.fit(train, 3); // weights and step sizes learn together
    QuantizerView.of(network).forEach(q -> System.out.println(q.layer() + " s=" + q.step()));
    network.save(new java.io.File(file));
    // end
    return network;
  }

  private static MultiLayerNetwork floatNetwork() {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(1)
                .updater(new Nesterovs(0.02, 0.9))
                .activation(Activation.RELU)
                .list()
                .layer(new ConvolutionLayer.Builder(3, 3).stride(2, 2).nOut(8).build())
                .layer(new DenseLayer.Builder().nOut(32).build())
                .layer(new OutputLayer.Builder().nOut(10).activation(Activation.SOFTMAX).build())
                .setInputType(InputType.convolutional(28, 28, 1))
                .build());
    network.init();
    return network;
  }
}
