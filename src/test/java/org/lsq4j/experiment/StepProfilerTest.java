package org.lsq4j.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.junit.jupiter.api.Test;
import org.lsq4j.compute.ComputeEngine;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.Padding2D;
import org.lsq4j.compute.Size2D;
import org.lsq4j.compute.TensorForms;
import org.lsq4j.compute.profile.ConvolutionCall;
import org.lsq4j.compute.profile.ConvolutionCall.Pass;
import org.lsq4j.compute.profile.ConvolutionCall.Source;
import org.lsq4j.compute.profile.KernelKind;
import org.lsq4j.compute.profile.KernelProfile;
import org.lsq4j.compute.profile.KernelProfile.ConvolutionUse;
import org.lsq4j.compute.profile.KernelProfile.Total;
import org.lsq4j.compute.profile.ProfilingEngine;
import org.lsq4j.network.Networks;
import org.lsq4j.network.ReferenceNetwork;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;

/** What a profile says. How long something takes is no matter of a test. */
class StepProfilerTest {

  private static final BenchmarkImages IMAGES = BenchmarkImages.of(ReferenceNetwork.LENET);
  private static final DataSet BATCH = IMAGES.batch(2).next();

  @Test
  void stepsAreProfiledUnderTheEngineInUse() {
    ComputeEngine before = ComputeEngines.current();
    List<NeuralNetwork> made = new ArrayList<>();
    List<ComputeEngine> engines = new ArrayList<>();
    StepProfile profile =
        StepProfiler.profile(
            () -> {
              engines.add(ComputeEngines.current());
              made.add(ReferenceNetwork.LENET.create(IMAGES.inputType(), IMAGES.classes(), 1));
              return made.get(0);
            },
            new StepProfiler.Steps(BATCH, 1, 2));

    assertInstanceOf(ProfilingEngine.class, engines.get(0));
    assertEquals(before.name(), engines.get(0).name());
    assertSame(before, ComputeEngines.current());
    assertEquals(1, made.size());
    assertEquals(3, Networks.iterations(made.get(0)));
    assertEquals(2, profile.steps());
    assertEquals(
        List.of(
            "convolution-forward",
            "convolution-backward",
            "matrix-product-forward",
            "matrix-product-backward",
            "sum-forward",
            "sum-backward",
            "pooling-forward",
            "pooling-backward",
            "other"),
        profile.kernels().stream().map(KernelShare::kernel).toList());
    assertNotNull(profile.convolution());
  }

  @Test
  void engineComesBackAfterAFailure() {
    ComputeEngine before = ComputeEngines.current();
    StepProfiler.Steps steps = new StepProfiler.Steps(BATCH, 0, 1);
    assertThrows(
        IllegalStateException.class,
        () ->
            StepProfiler.profile(
                () -> {
                  throw new IllegalStateException("no network");
                },
                steps));
    assertSame(before, ComputeEngines.current());
  }

  @Test
  void whatIsInNoKernelIsOther() {
    KernelProfile kernels =
        new KernelProfile(
            Map.of(
                KernelKind.SUM_BACKWARD, new Total(2_000_000, 4),
                KernelKind.CONVOLUTION_FORWARD, new Total(5_000_000, 6)),
            List.of());
    List<StepTime> steps =
        List.of(
            new StepTime(1_000_000, 2_000_000, 3_000_000),
            new StepTime(4_000_000, 5_000_000, 5_000_000));
    assertEquals(
        new StepProfile(
            2,
            10,
            List.of(
                new KernelShare("convolution-forward", 2.5, 0.25),
                new KernelShare("sum-backward", 1, 0.1),
                new KernelShare("other", 6.5, 0.65)),
            null),
        StepProfile.of(steps, kernels, null));
  }

  /** 2 x 5 x 4 x 4 results of 3 channels are 480 products forward and 960 backward. */
  @Test
  void speedIsOperationsByTime() {
    KernelProfile kernels =
        new KernelProfile(
            Map.of(
                KernelKind.CONVOLUTION_FORWARD, new Total(300, 3),
                KernelKind.CONVOLUTION_BACKWARD, new Total(1920, 2)),
            List.of(
                use(Pass.FORWARD, false, 2),
                use(Pass.FORWARD, true, 1),
                use(Pass.BACKWARD, false, 2)));
    ConvolutionSpeed speed =
        ConvolutionSpeed.of(
                kernels,
                use -> use.call().pass() == Pass.BACKWARD ? 480 : use.call().bias() ? 90 : 60)
            .orElseThrow();
    // Operations in a nanosecond are billions in a second.
    assertEquals(new PassSpeed(2 * 3 * 480 / 300.0, (2 * 60 + 90) / 300.0), speed.forward());
    assertEquals(new PassSpeed(2 * 2 * 960 / 1920.0, 2 * 480 / 1920.0), speed.backward());
  }

  @Test
  void withoutConvolutionsThereIsNoSpeed() {
    KernelProfile kernels =
        new KernelProfile(Map.of(KernelKind.SUM_FORWARD, new Total(1, 1)), List.of());
    assertEquals(Optional.empty(), ConvolutionSpeed.of(kernels, use -> 1));
  }

  private static ConvolutionUse use(Pass pass, boolean bias, long count) {
    ConvolutionGeometry geometry =
        new ConvolutionGeometry(
            CNN2DFormat.NHWC, 1, Size2D.ONE, Size2D.ONE, Size2D.ONE, Padding2D.NONE);
    Source input = new Source(List.of(2L, 4L, 4L, 3L), null);
    Source weights = new Source(List.of(5L, 3L, 1L, 1L), null);
    return new ConvolutionUse(
        new ConvolutionCall(
            pass, geometry, input, weights, TensorForms.PLAIN, bias, DataType.FLOAT),
        count,
        null,
        null);
  }
}
