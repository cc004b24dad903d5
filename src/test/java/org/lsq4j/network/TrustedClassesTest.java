package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.distribution.Distribution;
import org.deeplearning4j.nn.conf.dropout.IDropout;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.variational.ReconstructionDistribution;
import org.deeplearning4j.nn.conf.stepfunctions.StepFunction;
import org.deeplearning4j.nn.conf.weightnoise.IWeightNoise;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.deeplearning4j.nn.weights.embeddings.EmbeddingInitializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.schedule.ISchedule;

class TrustedClassesTest {

  /** What DL4J makes of a configuration by the name of a class. */
  private static final List<Class<?>> PARTS =
      List.of(
          Layer.class,
          GraphVertex.class,
          InputPreProcessor.class,
          InputType.class,
          Distribution.class,
          ReconstructionDistribution.class,
          StepFunction.class,
          IDropout.class,
          IWeightNoise.class,
          IWeightInit.class,
          EmbeddingInitializer.class,
          org.deeplearning4j.nn.api.layers.LayerConstraint.class,
          IActivation.class,
          ILossFunction.class,
          IUpdater.class,
          ISchedule.class,
          Regularization.class);

  /** Runs a graph of TensorFlow, of which the file says where to find it. */
  private static final Set<String> EXCLUDED =
      Set.of("org.deeplearning4j.nn.modelimport.keras.layers.TFOpLayer");

  @Test
  void listHoldsEveryPartOfNetworksAndNothingElse() throws IOException {
    Set<String> expected =
        new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages(
                    "org.deeplearning4j.nn",
                    "org.nd4j.linalg.activations",
                    "org.nd4j.linalg.learning",
                    "org.nd4j.linalg.lossfunctions",
                    "org.nd4j.linalg.schedule",
                    "org.lsq4j")
                .stream()
                .filter(TrustedClassesTest::isPart)
                .map(JavaClass::getName)
                .filter(name -> !EXCLUDED.contains(name))
                .collect(Collectors.toCollection(TreeSet::new));

    assertEquals(String.join("\n", expected), String.join("\n", listed()));
  }

  private static boolean isPart(JavaClass type) {
    return !type.isInterface()
        && !type.getModifiers().contains(JavaModifier.ABSTRACT)
        && !type.isAnonymousClass()
        && PARTS.stream().anyMatch(type::isAssignableTo);
  }

  private static List<String> listed() throws IOException {
    byte[] text = TrustedClasses.class.getResourceAsStream("trusted-classes.txt").readAllBytes();
    return new String(text, StandardCharsets.UTF_8)
        .lines()
        .filter(line -> !line.startsWith("#"))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'@class': 'java.lang.ProcessBuilder'}",
        "{'a': {'b': [1, {'@class': 'com.sun.rowset.JdbcRowSetImpl'}]}}",
        "{'@class': 'org.example.NoSuchClass'}",
        "{'@class': ''}",
        "{'@class': 7}",
        "{'@class': ['java.lang.Runtime']}",
        "{'dist': {'type': 'java.lang.ProcessBuilder'}}",
        "{'layer': ['java.lang.ProcessBuilder', {}]}",
        "{'layer': {'java.lang.ProcessBuilder': {}}}",
        "{'layer': '[Ljava.lang.ProcessBuilder;'}",
        "{'layer': ['java.util.ArrayList<java.lang.ProcessBuilder>', []]}",
        "{'@class': 'java.util.HashMap<java.lang.String,java.lang.String>'}",
        "{'@class': ' org.deeplearning4j.nn.conf.layers.DenseLayer'}",
        "{'@class': 'org.deeplearning4j.nn.modelimport.keras.layers.TFOpLayer'}"
      })
  void otherClassesAreFoundWhereverTheyStand(String json) throws JsonProcessingException {
    assertTrue(unknown(json).isPresent());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'@class': 'org.deeplearning4j.nn.conf.layers.DenseLayer', 'layerName': 'block1.conv2'}",
        "{'@class': 'org.lsq4j.layer.QuantizedDense', 'activationFn': {'@class':"
            + " 'org.nd4j.linalg.activations.impl.ActivationReLU'}}",
        "{'type': 'SAME', 'names': ['in', 'com.example'], 'version': '1.0.0', 'x': null}"
      })
  void networksAndTheirNamesAreLeftAlone(String json) throws JsonProcessingException {
    assertEquals(Optional.empty(), unknown(json));
  }

  private static final class OwnLayer {}

  @Test
  void programsAllowTheirOwnClasses() {
    assertFalse(TrustedClasses.isTrusted(OwnLayer.class.getName()));
    TrustedClasses.allow(OwnLayer.class);
    assertTrue(TrustedClasses.isTrusted(OwnLayer.class.getName()));
  }

  @Test
  void usersAllowClassesByProperty() {
    System.setProperty(TrustedClasses.PROPERTY, "com.example.A, com.example.B");
    try {
      assertTrue(TrustedClasses.isTrusted("com.example.B"));
      assertFalse(TrustedClasses.isTrusted("com.example.C"));
      assertFalse(TrustedClasses.isTrusted(""));
    } finally {
      System.clearProperty(TrustedClasses.PROPERTY);
    }
  }

  private static Optional<String> unknown(String json) throws JsonProcessingException {
    return TrustedClasses.firstUnknown(new ObjectMapper().readTree(json.replace('\'', '"')));
  }
}
