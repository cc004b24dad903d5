package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.deploy.export.GraphExporter;
import org.lsq4j.deploy.export.UnsupportedNetworkException;
import org.lsq4j.deploy.format.PackedFormat;
import org.lsq4j.deploy.graph.ModelInfo;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.training.Calibration;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.TrainingState;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.SamplingDataSetIterator;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Random networks go through everything a network goes through: conversion, calibration, a training
 * step, saving, loading, cloning, export. {@code -Dlsq4j.fuzz.networks=3000} takes more of them;
 * the Maven profile {@code fuzz} does.
 */
class RandomLifeTest {

  private static final int NETWORKS = Integer.getInteger("lsq4j.fuzz.networks", 40);
  private static final int SEED = Integer.getInteger("lsq4j.fuzz.seed", 1);
  private static final int EXAMPLES = 4;
  private static final Set<String> OUTCOMES = Set.of("exported", "not exported");

  @TempDir private Path folder;

  @Test
  void networksSurviveTheirLives() {
    TreeMap<String, Integer> outcomes = new TreeMap<>();
    for (int i = 0; i < NETWORKS; i++) {
      int seed = SEED * 100_000 + i;
      try {
        outcomes.merge(live(seed), 1, Integer::sum);
      } catch (RuntimeException | Error e) {
        fail("network of seed " + seed, e);
      }
    }
    System.out.printf("%d random networks: %s%n", NETWORKS, outcomes);
    assertTrue(OUTCOMES.equals(outcomes.keySet()), outcomes::toString);
  }

  private String live(int seed) {
    RandomNetworks random = new RandomNetworks(seed, RandomNetworks.Variety.EVERYTHING);
    NeuralNetwork source = seed % 3 == 0 ? random.chain() : random.graph();
    INDArray images = random.images(seed, EXAMPLES);
    NeuralNetwork network =
        new NetworkQuantizer(policy(new Random(seed))).quantize(source).network();
    DataSet batch = new DataSet(images, Networks.output(source, images).rsub(0.5));
    Calibration.run(network, new SamplingDataSetIterator(batch, EXAMPLES, EXAMPLES), 1);

    network.fit(batch);

    assertTrue(Double.isFinite(Networks.score(network)), "loss " + Networks.score(network));
    float[] expected = values(Networks.output(network, images));
    for (float value : expected) {
      assertTrue(Float.isFinite(value), "outputs are finite");
    }
    assertArrayEquals(expected, values(Networks.output(copy(network), images)), "clone");
    NeuralNetwork loaded = saved(network);
    assertArrayEquals(expected, values(Networks.output(loaded, images)), "loaded");
    Nd4j.getRandom().setSeed(seed);
    network.fit(batch);
    Nd4j.getRandom().setSeed(seed);
    loaded.fit(batch);
    assertArrayEquals(
        values(((Model) network).params()), values(((Model) loaded).params()), "goes on alike");
    return export(network, seed);
  }

  private static QuantizationPolicy policy(Random random) {
    QuantizationPolicy.Builder policy =
        QuantizationPolicy.builder(2 + random.nextInt(7), 2 + random.nextInt(7));
    if (random.nextBoolean()) {
      policy.inputOffset(OffsetMode.values()[random.nextInt(OffsetMode.values().length)]);
    }
    return policy.build();
  }

  private NeuralNetwork saved(NeuralNetwork network) {
    Path file = folder.resolve("life.zip");
    new Checkpoint(network, TrainingState.START, Optional.empty()).write(file);
    return Checkpoint.read(file).network();
  }

  private static NeuralNetwork copy(NeuralNetwork network) {
    return network instanceof ComputationGraph graph
        ? graph.clone()
        : ((MultiLayerNetwork) network).clone();
  }

  private static String export(NeuralNetwork network, int seed) {
    CNN2DFormat format = seed % 2 == 0 ? CNN2DFormat.NCHW : CNN2DFormat.NHWC;
    try {
      PackedFormat.toBytes(
          GraphExporter.export(
              network, InputType.convolutional(6, 5, 3, format), ModelInfo.UNKNOWN));
      return "exported";
    } catch (UnsupportedNetworkException e) {
      assertTrue(List.of(e.getMessage().split("\n")).size() == 1, e.getMessage());
      return "not exported";
    }
  }

  private static float[] values(INDArray array) {
    return array.dup('c').data().asFloat();
  }
}
