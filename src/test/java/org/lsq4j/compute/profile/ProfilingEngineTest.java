package org.lsq4j.compute.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lsq4j.compute.ActivationKernel;
import org.lsq4j.compute.BatchNormGradients;
import org.lsq4j.compute.BatchNormKernel;
import org.lsq4j.compute.BatchNormTensors;
import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.FakeQuantizeKernel;
import org.lsq4j.compute.LinearGradients;
import org.lsq4j.compute.LinearKernel;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.Padding2D;
import org.lsq4j.compute.PoolingGeometry;
import org.lsq4j.compute.PoolingKernel;
import org.lsq4j.compute.PoolingKind;
import org.lsq4j.compute.QuantizerGradients;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.compute.ReusedMemory;
import org.lsq4j.compute.Size2D;
import org.lsq4j.compute.SumKernel;
import org.lsq4j.compute.Tensors;
import org.lsq4j.compute.profile.ConvolutionCall.Pass;
import org.lsq4j.compute.profile.KernelProfile.ConvolutionUse;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What a profile counts. How long something takes is no matter of a test. */
class ProfilingEngineTest {

  private static final QuantizerSpec THREE_BITS = QuantizerSpec.activations(3, CodeSign.UNSIGNED);
  private static final QuantizerSpec WEIGHTS =
      QuantizerSpec.weights(3).withGranularity(Granularity.PER_CHANNEL);

  private final WatchedEngine engine = new WatchedEngine();
  private final ProfilingEngine profiling = new ProfilingEngine(engine);

  // 6 output channels in 3 groups of 2 input channels, y of 3 x 5: (5 + 2 - 3) / 2 + 1 rows,
  // (6 - 2) / 1 + 1 columns.
  private static final long[] WEIGHT_SHAPE = {6, 2, 3, 2};
  private static final long EXAMPLES = 4;
  private static final long PRODUCTS = EXAMPLES * 6 * 3 * 5 * 2 * 3 * 2;

  private static ConvolutionGeometry geometry(CNN2DFormat format) {
    return new ConvolutionGeometry(
        format, 3, new Size2D(3, 2), new Size2D(2, 1), Size2D.ONE, Padding2D.symmetric(1, 0));
  }

  private static INDArray input(CNN2DFormat format) {
    return format == CNN2DFormat.NCHW
        ? Tensors.gaussian(1, DataType.FLOAT, EXAMPLES, 6, 5, 6)
        : Tensors.gaussian(1, DataType.FLOAT, EXAMPLES, 5, 6, 6);
  }

  private static INDArray weights() {
    return Tensors.gaussian(2, DataType.FLOAT, WEIGHT_SHAPE);
  }

  private static INDArray result(CNN2DFormat format) {
    return format == CNN2DFormat.NCHW
        ? Nd4j.create(DataType.FLOAT, EXAMPLES, 6, 3, 5)
        : Nd4j.create(DataType.FLOAT, EXAMPLES, 3, 5, 6);
  }

  @ParameterizedTest
  @EnumSource
  void convolutionsCountTheirProducts(CNN2DFormat format) {
    LinearKernel kernel = profiling.convolution(geometry(format));
    Operand x = Operand.plain(input(format));
    Operand w = Operand.plain(weights());
    INDArray y = result(format);
    kernel.forward(x, w, null, y);
    kernel.forward(x, w, null, y);
    kernel.backward(x, w, y, new LinearGradients(null, weights(), null));
    assertEquals(2 * PRODUCTS, products(KernelKind.CONVOLUTION_FORWARD));
    assertEquals(PRODUCTS, products(KernelKind.CONVOLUTION_BACKWARD), "dL/dW alone");
    kernel.backward(x, w, y, new LinearGradients(input(format), weights(), null));
    assertEquals(3 * PRODUCTS, products(KernelKind.CONVOLUTION_BACKWARD), "and dL/dx");
    assertEquals(0, products(KernelKind.SUM_FORWARD));
    assertCalls(Map.of(KernelKind.CONVOLUTION_FORWARD, 2, KernelKind.CONVOLUTION_BACKWARD, 2));
  }

  @Test
  void equalCallsAreOne() {
    INDArray bias = Nd4j.ones(DataType.FLOAT, 6);
    LinearKernel first = profiling.convolution(geometry(CNN2DFormat.NHWC));
    LinearKernel second = profiling.convolution(geometry(CNN2DFormat.NHWC));
    LinearKernel other = profiling.convolution(geometry(CNN2DFormat.NCHW));
    forward(first, CNN2DFormat.NHWC, null);
    forward(second, CNN2DFormat.NHWC, null);
    forward(second, CNN2DFormat.NHWC, bias);
    forward(other, CNN2DFormat.NCHW, null);

    List<ConvolutionUse> uses = profiling.profile().convolutions();
    assertEquals(List.of(2L, 1L, 1L), uses.stream().map(ConvolutionUse::count).toList());
    ConvolutionUse use = uses.get(0);
    assertEquals(geometry(CNN2DFormat.NHWC), use.call().geometry());
    assertEquals(List.of(EXAMPLES, 5L, 6L, 6L), use.call().input().shape());
    assertEquals(6, use.call().outChannels());
    assertEquals(Pass.FORWARD, use.call().pass());
    assertFalse(use.call().bias());
    assertNull(use.call().input().quantizer());
    assertNull(use.input());
    assertTrue(uses.get(1).call().bias());
  }

  private static void forward(LinearKernel kernel, CNN2DFormat format, INDArray bias) {
    kernel.forward(Operand.plain(input(format)), Operand.plain(weights()), bias, result(format));
  }

  @Test
  void quantizedCallsTellTheirFirstQuantizers() {
    LinearKernel kernel = profiling.convolution(geometry(CNN2DFormat.NHWC));
    INDArray step = Nd4j.createFromArray(0.25f);
    INDArray steps = Nd4j.createFromArray(0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.75f);
    FakeQuantizeKernel inputs = profiling.fakeQuantize();
    FakeQuantizeKernel weights = profiling.fakeQuantize();
    for (int call = 0; call < 2; call++) {
      Operand x =
          inputs.forward(
              input(CNN2DFormat.NHWC),
              new QuantizerTensors(THREE_BITS, step, null, -1),
              new ReusedMemory());
      Operand w =
          weights.forward(
              weights(), new QuantizerTensors(WEIGHTS, steps, null, 0), new ReusedMemory());
      kernel.forward(x, w, null, result(CNN2DFormat.NHWC));
      step.addi(1);
    }
    forward(kernel, CNN2DFormat.NHWC, null);

    List<ConvolutionUse> uses = profiling.profile().convolutions();
    assertEquals(2, uses.size(), "quantized and not");
    ConvolutionUse use = uses.get(0);
    assertEquals(2, use.count(), "training changes steps all the time");
    assertEquals(THREE_BITS, use.call().input().quantizer());
    assertEquals(WEIGHTS, use.call().weights().quantizer());
    assertEquals(new QuantizerSnapshot(THREE_BITS, List.of(0.25), List.of(), -1), use.input());
    assertEquals(
        new QuantizerSnapshot(WEIGHTS, List.of(0.5, 0.5, 0.5, 0.5, 0.5, 0.75), List.of(), 0),
        use.weights());
    // An engine knows its own operands by their class.
    assertSame(engine.quantizations.get(0).result(), engine.forward.get(0).x());
    assertSame(engine.quantizations.get(1).result(), engine.forward.get(0).weights());
    assertCalls(Map.of(KernelKind.QUANTIZER_FORWARD, 4, KernelKind.CONVOLUTION_FORWARD, 3));
  }

  @Test
  void everyKindIsCounted() {
    INDArray x = Tensors.gaussian(3, DataType.FLOAT, 3, 4);
    INDArray steps = Nd4j.ones(DataType.FLOAT, 1);
    QuantizerTensors quantizer = new QuantizerTensors(THREE_BITS, steps, null, -1);
    FakeQuantizeKernel quantize = profiling.fakeQuantize();
    Operand quantized = quantize.forward(x, quantizer, new ReusedMemory());
    quantize.backward(x, quantizer, x.dup(), new QuantizerGradients(steps.dup(), null, 1));
    LinearKernel product = profiling.matrixProduct();
    INDArray w = Tensors.gaussian(4, DataType.FLOAT, 4, 2);
    INDArray y = Nd4j.create(DataType.FLOAT, 3, 2);
    product.forward(quantized, Operand.plain(w), null, y);
    product.backward(
        quantized, Operand.plain(w), y, new LinearGradients(x.ulike(), w.ulike(), null));
    BatchNormKernel norm = profiling.batchNorm(1, 1e-5, Rectifier.RELU);
    BatchNormTensors tensors = new BatchNormTensors(ones(), ones(), ones(), ones());
    norm.forwardInference(x, tensors, x.ulike());
    norm.forwardTraining(x, tensors, x.ulike());
    norm.backward(x, tensors, x, new BatchNormGradients(x.ulike(), ones(), ones()));
    SumKernel sum = profiling.sum(Rectifier.NONE);
    INDArray twice = x.ulike();
    sum.forward(List.of(x, x), twice);
    sum.backward(twice, x, List.of(x.ulike(), x.ulike()));
    PoolingKernel pooling = profiling.pooling(pooling());
    INDArray pixels = x.reshape(1, 1, 3, 4);
    INDArray pooled = Nd4j.create(DataType.FLOAT, 1, 1, 2, 3);
    pooling.forwardInference(pixels, pooled);
    pooling.forwardTraining(pixels, pooled);
    pooling.backward(pixels, pooled, pixels.ulike());
    ActivationKernel swish = profiling.swish();
    swish.forward(x, x.ulike());
    swish.backward(x, x, x.ulike());

    assertCalls(
        Map.ofEntries(
            Map.entry(KernelKind.QUANTIZER_FORWARD, 1),
            Map.entry(KernelKind.QUANTIZER_BACKWARD, 1),
            Map.entry(KernelKind.MATRIX_PRODUCT_FORWARD, 1),
            Map.entry(KernelKind.MATRIX_PRODUCT_BACKWARD, 1),
            Map.entry(KernelKind.BATCH_NORM_FORWARD, 2),
            Map.entry(KernelKind.BATCH_NORM_BACKWARD, 1),
            Map.entry(KernelKind.SUM_FORWARD, 1),
            Map.entry(KernelKind.SUM_BACKWARD, 1),
            Map.entry(KernelKind.POOLING_FORWARD, 2),
            Map.entry(KernelKind.POOLING_BACKWARD, 1),
            Map.entry(KernelKind.ACTIVATION_FORWARD, 1),
            Map.entry(KernelKind.ACTIVATION_BACKWARD, 1)));
    long nanos = Arrays.stream(KernelKind.values()).mapToLong(this::nanos).sum();
    assertEquals(nanos, profiling.profile().nanos());
    assertEquals(List.of(), profiling.profile().convolutions());
  }

  private static PoolingGeometry pooling() {
    Size2D two = new Size2D(2, 2);
    return new PoolingGeometry(
        PoolingKind.MAXIMUM, CNN2DFormat.NCHW, two, Size2D.ONE, Padding2D.NONE);
  }

  private static INDArray ones() {
    return Nd4j.ones(DataType.FLOAT, 4);
  }

  @Test
  void profilesDoNotChangeAnyMore() {
    LinearKernel kernel = profiling.convolution(geometry(CNN2DFormat.NHWC));
    forward(kernel, CNN2DFormat.NHWC, null);
    KernelProfile before = profiling.profile();
    forward(kernel, CNN2DFormat.NHWC, null);
    assertEquals(1, before.of(KernelKind.CONVOLUTION_FORWARD).calls());
    profiling.reset();
    assertEquals(new KernelProfile(Map.of(), List.of()), profiling.profile());
    assertEquals(1, before.convolutions().get(0).count());
  }

  @Test
  void callsThatFailDoNotCount() {
    SumKernel sum = profiling.sum(Rectifier.NONE);
    List<INDArray> unlike = List.of(Nd4j.ones(2, 3), Nd4j.ones(4, 5));
    assertThrows(RuntimeException.class, () -> sum.forward(unlike, Nd4j.ones(2, 3)));
    assertCalls(Map.of());
  }

  @Test
  void saysWhoComputes() {
    assertEquals("watched", profiling.name());
    assertEquals("watched engine, profiled", profiling.description());
    assertTrue(profiling.supports(DataType.FLOAT));
    assertFalse(profiling.supports(DataType.DOUBLE));
  }

  private long products(KernelKind kind) {
    return profiling.profile().multiplyAccumulates(kind);
  }

  private long nanos(KernelKind kind) {
    return profiling.profile().of(kind).nanos();
  }

  private void assertCalls(Map<KernelKind, Integer> expected) {
    Map<KernelKind, Integer> calls =
        profiling.profile().kernels().entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, e -> (int) e.getValue().calls()));
    assertEquals(expected, calls);
  }
}
