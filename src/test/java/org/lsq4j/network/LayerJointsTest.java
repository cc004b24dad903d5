package org.lsq4j.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.listeners.ScoreIterationListener;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lsq4j.compute.ComputeEngine;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.compute.TensorForm;
import org.lsq4j.compute.TensorForms;
import org.lsq4j.compute.profile.ConvolutionCall.Pass;
import org.lsq4j.compute.profile.KernelKind;
import org.lsq4j.compute.profile.KernelProfile;
import org.lsq4j.compute.profile.KernelProfile.ConvolutionUse;
import org.lsq4j.compute.profile.ProfilingEngine;
import org.lsq4j.layer.FastAddVertex;
import org.lsq4j.layer.QuantizedConvolution2D;
import org.lsq4j.layer.impl.InputObserver;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.training.Calibration;
import org.lsq4j.training.OptimizerSettings;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** Joined layers have the results of layers apart, and only layers that can be are joined. */
class LayerJointsTest {

  private static final int BATCH = 8;
  private static final int SIDE = 16;
  private static final int CLASSES = 5;
  private static final int STEPS = 3;
  private static final InputType IMAGES = InputType.convolutional(SIDE, SIDE, 3, CNN2DFormat.NHWC);

  /**
   * Gradients of almost equal layers differ where they are rounded to bfloat16, by up to 1 / 256,
   * and more after several layers.
   */
  private static final double ROUNDING = 0.02;

  private final ComputeEngine before = ComputeEngines.current();
  private final ProfilingEngine profiling = new ProfilingEngine(before);

  private record Case(String name, boolean quantized, int joints) {
    NeuralNetwork network() {
      NeuralNetwork network = ReferenceNetwork.named(name).create(IMAGES, CLASSES, 1);
      return quantized ? LayerJointsTest.quantized(network) : trainable(network);
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        // Three blocks, each with one batch norm before a convolution and one before the sum, and
        // two projections with one.
        new Case("resnet8", true, 8),
        new Case("resnet8", false, 8),
        new Case("vgg-small", true, 3),
        new Case("vgg-small", false, 3),
        // Nine blocks; sums within a stage are read in the form that convolutions like.
        new Case("resnet20", false, 20),
        // Six blocks; the batch norms before the two projections have two readers.
        new Case("resnet14-preact", true, 9));
  }

  private static NeuralNetwork trainable(NeuralNetwork network) {
    OptimizerSettings.sgd(0.01).applyTo(network, 1, STEPS);
    return network;
  }

  private static NeuralNetwork quantized(NeuralNetwork network) {
    return quantized(settled(network), QuantizationPolicy.builder(3, 3).build());
  }

  /** A float network whose batch norms know what comes in: else all codes would be 0. */
  private static NeuralNetwork settled(NeuralNetwork network) {
    trainable(network);
    for (int i = 0; i < 5; i++) {
      network.fit(batch());
    }
    return network;
  }

  private static NeuralNetwork quantized(NeuralNetwork network, QuantizationPolicy policy) {
    NeuralNetwork converted = new NetworkQuantizer(policy).quantize(network).network();
    Calibration.run(converted, TestNetworks.batches(batch()), 1);
    return trainable(converted);
  }

  private static DataSet batch() {
    return batch(BATCH);
  }

  private static DataSet batch(int examples) {
    INDArray labels = Nd4j.zeros(examples, CLASSES);
    for (int i = 0; i < examples; i++) {
      labels.putScalar(i, i % CLASSES, 1);
    }
    return new DataSet(TestNetworks.normal(3, examples, SIDE, SIDE, 3), labels);
  }

  /** One forward and backward pass. */
  private static Map<String, float[]> gradients(NeuralNetwork network) {
    return gradients(network, batch());
  }

  private static Map<String, float[]> gradients(NeuralNetwork network, DataSet data) {
    if (network instanceof ComputationGraph graph) {
      graph.setInputs(data.getFeatures());
      graph.setLabels(data.getLabels());
      graph.computeGradientAndScore();
    } else {
      MultiLayerNetwork chain = (MultiLayerNetwork) network;
      chain.setInput(data.getFeatures());
      chain.setLabels(data.getLabels());
      chain.computeGradientAndScore();
    }
    Map<String, float[]> values = new HashMap<>();
    ((Model) network)
        .gradient()
        .gradientForVariable()
        .forEach((key, gradient) -> values.put(key, floats(gradient)));
    return values;
  }

  private static float[] floats(INDArray values) {
    return values.dup('c').data().asFloat();
  }

  private static void assertClose(Map<String, float[]> expected, Map<String, float[]> found) {
    assertEquals(expected.keySet(), found.keySet());
    expected.forEach((key, values) -> assertClose(key, values, found.get(key)));
  }

  private static void assertClose(String key, float[] expected, float[] found) {
    double size = 0;
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      size += (double) expected[i] * expected[i];
      difference += Math.pow((double) expected[i] - found[i], 2);
    }
    assertEquals(0, Math.sqrt(difference), ROUNDING * Math.sqrt(size) + smallest(key), key);
  }

  /** What a step gets is a small sum of large terms, which a single code can change. */
  private static double smallest(String key) {
    if (key.endsWith("_sW")) {
      return 1e-3;
    }
    return key.endsWith("_sA") ? 1e-5 : 1e-7;
  }

  @BeforeEach
  void needJoints() {
    Assumptions.assumeTrue(
        before.batchNorm(3, 1e-5, Rectifier.NONE).joined().isPresent(),
        "joined layers need oneDNN, AVX-512 and Java's vector module of JDK 17");
  }

  /** Makes a network whose kernels are counted. */
  private NeuralNetwork profiled(Case test) {
    ComputeEngines.use(profiling);
    try {
      NeuralNetwork network = test.network();
      profiling.reset();
      return network;
    } finally {
      ComputeEngines.use(before);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradientsAreThoseOfLayersApart(Case test) {
    NeuralNetwork joined = profiled(test);
    NeuralNetwork apart = test.network();
    Map<String, float[]> expected = gradients(apart);
    try (LayerJoints joints = LayerJoints.join(joined)) {
      assertEquals(test.joints, joints.count());
      assertClose(expected, gradients(joined));
    }
    assertEquals(Networks.score(apart), Networks.score(joined), 1e-5, "loss");
    KernelProfile profile = profiling.profile();
    // Statistics of all; codes or a sum.
    assertEquals(2 * test.joints, profile.of(KernelKind.JOINED_NORM_FORWARD).calls());
    assertEquals(2 * test.joints, profile.of(KernelKind.JOINED_NORM_BACKWARD).calls());
  }

  /** The results and inputs of all convolutions with 32 channels or more there. */
  @Test
  void tensorsOfAFloatNetworkAreInBlocks() {
    NeuralNetwork joined = profiled(new Case("resnet8", false, 8));
    try (LayerJoints joints = LayerJoints.join(joined)) {
      assertEquals(8, joints.count());
      gradients(joined);
    }
    for (Pass pass : List.of(Pass.FORWARD, Pass.BACKWARD)) {
      assertEquals(6, inBlocks(pass, TensorForms::output), pass + ", two stages with three");
      assertEquals(4, inBlocks(pass, TensorForms::input), pass + ", but two read 16 channels");
    }
  }

  private long inBlocks(Pass pass, Function<TensorForms, TensorForm> side) {
    return profiling.profile().convolutions().stream()
        .filter(use -> use.call().pass() == pass)
        .filter(use -> side.apply(use.call().forms()).equals(TensorForm.CHANNEL_BLOCKS))
        .mapToLong(ConvolutionUse::count)
        .sum();
  }

  /** As the last batch of an epoch is. */
  @ParameterizedTest
  @MethodSource("quantizedOrNot")
  void batchesOfOtherSizes(boolean quantized) {
    NeuralNetwork network = new Case("resnet8", quantized, 8).network();
    for (int examples : new int[] {BATCH, 3, 1, BATCH}) {
      Map<String, float[]> apart = gradients(network, batch(examples));
      try (LayerJoints joints = LayerJoints.join(network)) {
        assertEquals(8, joints.count());
        assertClose(apart, gradients(network, batch(examples)));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void trainingRepeatsBitForBit(Case test) {
    assertArrayEquals(trained(test), trained(test));
  }

  private static float[] trained(Case test) {
    NeuralNetwork network = test.network();
    try (LayerJoints joints = LayerJoints.join(network)) {
      assertEquals(test.joints, joints.count());
      for (int step = 0; step < STEPS; step++) {
        network.fit(batch());
      }
    }
    return floats(network.params());
  }

  @ParameterizedTest
  @MethodSource("quantizedOrNot")
  void inferenceIsAsEver(boolean quantized) {
    NeuralNetwork network = new Case("resnet8", quantized, 8).network();
    INDArray images = batch().getFeatures();
    float[] expected = floats(Networks.output(network, images));
    try (LayerJoints joints = LayerJoints.join(network)) {
      gradients(network);
      assertArrayEquals(expected, floats(Networks.output(network, images)));
      // Neither does a forward pass in training that no backward pass follows leave anything.
      ((ComputationGraph) network).feedForward(images, true);
      assertArrayEquals(expected, floats(Networks.output(network, images)));
    }
  }

  static Stream<Boolean> quantizedOrNot() {
    return Stream.of(true, false);
  }

  /** Rather than a wrong gradient there is a message that names the layer. */
  @Test
  void aSumNeedsTheBackwardPassesOfItsReaders() {
    ComputationGraph network = (ComputationGraph) new Case("resnet8", true, 8).network();
    try (LayerJoints joints = LayerJoints.join(network)) {
      assertEquals(8, joints.count());
      int last = network.topologicalSortOrder().length - 1;
      network.feedForward(new INDArray[] {batch().getFeatures()}, last, true, false);
      GraphVertex sum = network.getVertex("s1b1-add");
      IllegalStateException thrown =
          assertThrows(
              IllegalStateException.class,
              () -> sum.doBackward(false, LayerWorkspaceMgr.noWorkspaces()));
      assertEquals(
          "Layer s2b1-conv1: the batch norm or sum joined with it made its input, but this"
              + " layer has had no backward pass; start Java with -Dlsq4j.joints=never",
          thrown.getMessage());
    }
  }

  /** Rather than numbers in another order. */
  @ParameterizedTest
  @MethodSource("readersOfBlocks")
  void aTensorInBlocksIsReadByWhoKnowsIt(String vertex, String reader) {
    ComputationGraph network = (ComputationGraph) new Case("resnet8", false, 8).network();
    try (LayerJoints joints = LayerJoints.join(network)) {
      assertEquals(8, joints.count());
      int last = network.topologicalSortOrder().length - 1;
      network.feedForward(new INDArray[] {batch().getFeatures()}, last, true, false);
      GraphVertex behind = network.getVertex(vertex);
      INDArray[] inputs = behind.getInputs();
      for (int i = 0; i < inputs.length; i++) {
        behind.setInput(i, inputs[i].dup(), LayerWorkspaceMgr.noWorkspaces());
      }
      IllegalStateException thrown =
          assertThrows(
              IllegalStateException.class,
              () -> behind.doForward(true, LayerWorkspaceMgr.noWorkspaces()));
      assertEquals(
          reader
              + ": a layer joined with it made a tensor in the form "
              + TensorForm.CHANNEL_BLOCKS
              + ", and another array arrived; start Java with -Dlsq4j.joints=never",
          thrown.getMessage());
    }
  }

  static Stream<Arguments> readersOfBlocks() {
    return Stream.of(
        Arguments.of("s2b1-norm1", "The reader of layer s2b1-conv1"),
        Arguments.of("s2b1-add", "Vertex s2b1-add"));
  }

  @Test
  void closedJointsLeaveNothing() {
    NeuralNetwork network = new Case("resnet8", true, 8).network();
    Map<String, float[]> expected = gradients(network);
    LayerJoints.join(network).close();
    Map<String, float[]> found = gradients(network);
    expected.forEach((key, values) -> assertArrayEquals(values, found.get(key), key));
  }

  /** Who looks at a quantizer's input sees it, and nothing else changes. */
  @Test
  void observedQuantizersComputeApart() {
    Case test = new Case("resnet8", true, 8);
    NeuralNetwork apart = test.network();
    NeuralNetwork joined = test.network();
    List<float[]> expected = new ArrayList<>();
    List<float[]> seen = new ArrayList<>();
    observe(apart, input -> expected.add(floats(input)));
    observe(joined, input -> seen.add(floats(input)));
    Map<String, float[]> gradients = gradients(apart);
    try (LayerJoints joints = LayerJoints.join(joined)) {
      assertClose(gradients, gradients(joined));
    }
    assertEquals(expected.size(), seen.size());
    for (int i = 0; i < seen.size(); i++) {
      assertArrayEquals(expected.get(i), seen.get(i), 1e-4f, "input " + i);
    }
  }

  /** Some layers on codes and the others float, between which tensors change their forms. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void networksOfQuantizedAndFloatLayers(long seed) {
    NeuralNetwork network = partlyQuantized(new SplittableRandom(seed));
    Map<String, float[]> apart = gradients(network);
    double score = Networks.score(network);
    try (LayerJoints joints = LayerJoints.join(network)) {
      assertEquals(14, joints.count());
      assertClose(apart, gradients(network));
      assertEquals(score, Networks.score(network), 1e-4, "loss");
    }
  }

  private static NeuralNetwork partlyQuantized(SplittableRandom random) {
    NeuralNetwork network = settled(ReferenceNetwork.named("resnet14").create(IMAGES, CLASSES, 1));
    QuantizationPolicy.Builder policy = QuantizationPolicy.builder(3, 3);
    for (Layer layer : Networks.layers(network)) {
      if (layer instanceof QuantizedLayer && random.nextBoolean()) {
        policy.exception(Networks.nameOf(layer), LayerException.FLOAT);
      }
    }
    return quantized(network, policy.build());
  }

  /** They look at whole tensors, and the passes before and after that are joined. */
  @ParameterizedTest
  @MethodSource("quantizedOrNot")
  void observersComeAndGo(boolean quantized) {
    Case test = new Case("resnet8", quantized, 8);
    NeuralNetwork network = profiled(test);
    List<float[]> expected = new ArrayList<>();
    observe(network, input -> expected.add(floats(input)));
    Map<String, float[]> apart = gradients(network);
    observe(network, InputObserver.NONE);
    assertFalse(expected.isEmpty());
    List<float[]> seen = new ArrayList<>();
    try (LayerJoints joints = LayerJoints.join(network)) {
      assertClose(apart, joinedGradients(network, test));
      observe(network, input -> seen.add(floats(input)));
      assertClose(apart, gradients(network));
      observe(network, InputObserver.NONE);
      assertClose(apart, joinedGradients(network, test));
      assertEquals(test.joints, joints.count());
    }
    assertEquals(expected.size(), seen.size());
    for (int i = 0; i < seen.size(); i++) {
      assertArrayEquals(expected.get(i), seen.get(i), 1e-4f, "input " + i);
    }
  }

  /** Gradients of a profiled network, all of whose joints are used. */
  private Map<String, float[]> joinedGradients(NeuralNetwork network, Case test) {
    profiling.reset();
    Map<String, float[]> gradients = gradients(network);
    assertEquals(2 * test.joints, profiling.profile().of(KernelKind.JOINED_NORM_FORWARD).calls());
    return gradients;
  }

  private static void observe(NeuralNetwork network, InputObserver observer) {
    for (Layer layer : Networks.layers(network)) {
      if (layer instanceof QuantizedLayer quantized) {
        quantized.quantizers().setInputObserver(observer);
      }
    }
  }

  @Test
  void nothingIsJoinedWhereListenersLookAtActivations() {
    NeuralNetwork network = new Case("resnet8", true, 8).network();
    ((Model) network).setListeners(new ScoreIterationListener(1));
    try (LayerJoints joints = LayerJoints.joinUnlessWatched(network)) {
      assertEquals(8, joints.count());
    }
    ((Model) network).addListeners(new Watcher());
    try (LayerJoints joints = LayerJoints.joinUnlessWatched(network)) {
      assertEquals(0, joints.count());
    }
  }

  private static final class Watcher extends BaseTrainingListener {
    @Override
    public void onForwardPass(Model model, Map<String, INDArray> activations) {
      activations.values().forEach(INDArray::meanNumber);
    }
  }

  @Test
  void aSystemPropertyForbidsJoints() {
    NeuralNetwork network = new Case("resnet8", true, 8).network();
    try {
      System.setProperty(LayerJoints.PROPERTY, "never");
      assertEquals(0, LayerJoints.join(network).count());
      System.setProperty(LayerJoints.PROPERTY, "sometimes");
      IllegalArgumentException thrown =
          assertThrows(IllegalArgumentException.class, () -> LayerJoints.join(network));
      assertEquals("lsq4j.joints: must be auto or never, got 'sometimes'", thrown.getMessage());
    } finally {
      System.clearProperty(LayerJoints.PROPERTY);
    }
  }

  /** DL4J lets chains have such layers, and they can be trained. */
  @Test
  void layersThatShareANameAreLeftAlone() {
    MultiLayerNetwork network =
        TestNetworks.chain(
            IMAGES,
            Small.convolution("conv"),
            ReferenceLayers.norm("norm", Rectifier.RELU),
            Small.convolution("conv"),
            TestNetworks.linearOutput());
    assertEquals(0, LayerJoints.join(network).count());
  }

  /** A graph of conv1, norm1, conv2, norm2, and what a test adds to it. */
  private record Small(GraphBuilder graph) {

    static Small of(QuantizedConvolution2D first, QuantizedConvolution2D second) {
      GraphBuilder graph = ReferenceLayers.settings(1).graphBuilder().addInputs("images");
      ReferenceLayers.addTo(
          graph,
          "images",
          first,
          ReferenceLayers.norm("norm1", Rectifier.RELU),
          second,
          ReferenceLayers.norm("norm2", Rectifier.NONE));
      return new Small(graph);
    }

    static Small of() {
      return of(convolution("conv1"), convolution("conv2"));
    }

    static QuantizedConvolution2D convolution(String name) {
      return ReferenceLayers.convolution(name, 3, 16, 1);
    }

    NeuralNetwork endingIn(String node) {
      return quantized(ReferenceLayers.classifier(graph, node, CLASSES, IMAGES));
    }
  }

  private static void assertJoins(int expected, NeuralNetwork network) {
    Map<String, float[]> apart = gradients(network);
    try (LayerJoints joints = LayerJoints.join(network)) {
      assertEquals(expected, joints.count());
      assertClose(apart, gradients(network));
    }
  }

  @Test
  void joinsABatchNormAndTheConvolutionBehind() {
    assertJoins(1, Small.of().endingIn("norm2"));
  }

  @Test
  void dropoutNeedsTheActivations() {
    QuantizedConvolution2D second = Small.convolution("conv2");
    second.setIDropout(new Dropout(0.999999));
    NeuralNetwork network = Small.of(Small.convolution("conv1"), second).endingIn("norm2");
    assertEquals(0, LayerJoints.join(network).count());
  }

  @Test
  void aSecondReaderNeedsTheActivations() {
    Small small = Small.of();
    small.graph.addLayer("conv3", Small.convolution("conv3"), "norm1");
    small.graph.addVertex("sum", new FastAddVertex(Rectifier.RELU), "norm2", "conv3");
    // The second batch norm and the sum; the first one has two readers.
    assertJoins(1, small.endingIn("sum"));
  }

  /** What comes back to it has gone through the activation function. */
  @Test
  void aConvolutionWithActivationGetsAPlainGradient() {
    QuantizedConvolution2D first = Small.convolution("conv1");
    first.setActivationFn(Activation.TANH.getActivationFunction());
    assertJoins(1, Small.of(first, Small.convolution("conv2")).endingIn("norm2"));
  }

  /** One adds its values itself, the other one hands them over. */
  @Test
  void bothBatchNormsOfASumAreJoined() {
    Small small = Small.of();
    ReferenceLayers.addTo(
        small.graph,
        "images",
        Small.convolution("conv3"),
        ReferenceLayers.norm("norm3", Rectifier.NONE));
    small.graph.addVertex("sum", new FastAddVertex(Rectifier.RELU), "norm2", "norm3");
    assertJoins(3, small.endingIn("sum"));
  }

  /** The other term's gradient grows by what its other readers give, at their time. */
  @ParameterizedTest
  @MethodSource("orders")
  void otherReadersOfTheOtherTerm(boolean readerFirst) {
    Small small = Small.of();
    if (readerFirst) {
      small.graph.addLayer("conv3", Small.convolution("conv3"), "norm1");
    }
    small.graph.addVertex("sum", new FastAddVertex(Rectifier.NONE), "norm2", "norm1");
    if (!readerFirst) {
      small.graph.addLayer("conv3", Small.convolution("conv3"), "norm1");
    }
    small.graph.addVertex("sum2", new FastAddVertex(Rectifier.RELU), "sum", "conv3");
    NeuralNetwork network = small.endingIn("sum2");
    Map<String, float[]> apart = gradients(network);
    try (LayerJoints joints = LayerJoints.join(network)) {
      assertClose(apart, gradients(network));
    }
  }

  static Stream<Boolean> orders() {
    return Stream.of(true, false);
  }

  /** The joined batch norm then writes its result after all. */
  @Test
  void aTermThatLiesOtherwiseInMemoryIsAddedApart() {
    GraphBuilder graph = ReferenceLayers.settings(1).graphBuilder().addInputs("images", "other");
    ReferenceLayers.addTo(
        graph, "images", Small.convolution("conv1"), ReferenceLayers.norm("norm1", Rectifier.NONE));
    graph.addVertex("sum", new FastAddVertex(Rectifier.RELU), "norm1", "other");
    String output =
        ReferenceLayers.addTo(
            graph, "sum", ReferenceLayers.averagePool(), ReferenceLayers.output(CLASSES));
    InputType other = InputType.convolutional(SIDE, SIDE, 16, CNN2DFormat.NHWC);
    ComputationGraph network =
        new ComputationGraph(graph.setOutputs(output).setInputTypes(IMAGES, other).build());
    network.init();
    float[] apart = gradientsWithFortranOrder(network, 16);
    try (LayerJoints joints = LayerJoints.join(network)) {
      assertEquals(1, joints.count());
      assertArrayEquals(apart, gradientsWithFortranOrder(network, 16));
    }
  }

  /** The convolution has then made its result in a form that nobody else reads. */
  @Test
  void aTermInAFormOfItsOwnIsAddedApart() {
    GraphBuilder graph = ReferenceLayers.settings(1).graphBuilder().addInputs("images", "other");
    ReferenceLayers.addTo(
        graph,
        "images",
        ReferenceLayers.convolution("conv1", 3, 32, 1),
        ReferenceLayers.norm("norm1", Rectifier.RELU),
        ReferenceLayers.convolution("conv2", 3, 32, 1),
        ReferenceLayers.norm("norm2", Rectifier.NONE));
    graph.addVertex("sum", new FastAddVertex(Rectifier.RELU), "norm2", "other");
    String output =
        ReferenceLayers.addTo(
            graph, "sum", ReferenceLayers.averagePool(), ReferenceLayers.output(CLASSES));
    InputType other = InputType.convolutional(SIDE, SIDE, 32, CNN2DFormat.NHWC);
    ComputationGraph network =
        new ComputationGraph(graph.setOutputs(output).setInputTypes(IMAGES, other).build());
    network.init();
    float[] apart = gradientsWithFortranOrder(network, 32);
    try (LayerJoints joints = LayerJoints.join(network)) {
      assertEquals(2, joints.count());
      assertClose("all", apart, gradientsWithFortranOrder(network, 32));
    }
  }

  private static float[] gradientsWithFortranOrder(ComputationGraph network, long channels) {
    DataSet data = batch();
    network.setInputs(
        data.getFeatures(), TestNetworks.normal(5, BATCH, SIDE, SIDE, channels).dup('f'));
    network.setLabels(data.getLabels());
    network.computeGradientAndScore();
    return floats(network.getFlattenedGradients());
  }
}
