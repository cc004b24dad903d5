package org.lsq4j.experiment;

import java.io.IOException;
import java.nio.file.Path;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.util.ModelSerializer;
import org.lsq4j.data.ImageShape;
import org.nd4j.linalg.activations.Activation;

/** A network of DL4J's own layers, small enough for many epochs in a second. */
public final class TinyNetwork {

  private TinyNetwork() {}

  /** Writes it as DL4J does, with random weights. */
  public static void write(Path file, ImageShape images, int classes) throws IOException {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(3)
                .weightInit(WeightInit.RELU)
                .list()
                .layer(
                    new ConvolutionLayer.Builder(5, 5)
                        .name("conv1")
                        .stride(4, 4)
                        .nOut(4)
                        .activation(Activation.IDENTITY)
                        .build())
                .layer(
                    new BatchNormalization.Builder()
                        .name("norm1")
                        .activation(Activation.RELU)
                        .build())
                .layer(
                    new DenseLayer.Builder()
                        .name("dense")
                        .nOut(16)
                        .activation(Activation.RELU)
                        .dropOut(0.9)
                        .build())
                .layer(
                    new OutputLayer.Builder()
                        .name("output")
                        .nOut(classes)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(
                    InputType.convolutional(images.height(), images.width(), images.channels()))
                .build());
    network.init();
    ModelSerializer.writeModel(network, file.toFile(), false);
  }
}
