package org.lsq4j.compute.onednn;

import java.util.Locale;
import org.lsq4j.compute.ActivationKernel;
import org.lsq4j.compute.BatchNormKernel;
import org.lsq4j.compute.ComputeEngine;
import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.FakeQuantizeKernel;
import org.lsq4j.compute.LinearKernel;
import org.lsq4j.compute.PoolingGeometry;
import org.lsq4j.compute.PoolingKernel;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.compute.SumKernel;
import org.lsq4j.compute.dnnl.DnnlRuntime;
import org.lsq4j.compute.nd4j.Nd4jEngine;

/**
 * The fast engine for x86-64 processors: convolution and batch norm by oneDNN, fake quantization by
 * fused loops. Works on float; networks of another type are handed to the portable engine.
 */
public final class OneDnnEngine implements ComputeEngine {

  /** This engine's name. */
  public static final String NAME = "onednn";

  private static final int CHANNELS_LAST = 3;

  private final Nd4jEngine portable = new Nd4jEngine();
  private final Policies policies;

  OneDnnEngine(Policies policies) {
    this.policies = policies;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    String loops =
        QuantizeLoops.usesVectors()
            ? ""
            : "; faster if Java is started with --add-modules jdk.incubator.vector";
    return String.format(
        Locale.ROOT,
        "%s (%s, %d threads%s)",
        NAME,
        DnnlRuntime.get().instructionSet(),
        Workers.count(),
        loops);
  }

  @Override
  public FakeQuantizeKernel fakeQuantize() {
    return new FusedFakeQuantize(portable.fakeQuantize());
  }

  @Override
  public LinearKernel convolution(ConvolutionGeometry geometry) {
    return new DnnlConvolution(geometry, portable.convolution(geometry), policies);
  }

  @Override
  public LinearKernel matrixProduct() {
    return new DnnlMatrixProduct(portable.matrixProduct(), policies);
  }

  @Override
  public BatchNormKernel batchNorm(int channelAxis, double epsilon, Rectifier rectifier) {
    BatchNormKernel primitives =
        new DnnlBatchNorm(
            channelAxis, epsilon, rectifier, portable.batchNorm(channelAxis, epsilon, rectifier));
    return channelAxis == CHANNELS_LAST && LoopBatchNorm.isSupported()
        ? new LoopBatchNorm(epsilon, rectifier, primitives)
        : primitives;
  }

  @Override
  public SumKernel sum(Rectifier rectifier) {
    return new DnnlSum(rectifier, portable.sum(rectifier));
  }

  @Override
  public PoolingKernel pooling(PoolingGeometry geometry) {
    return new DnnlPooling(geometry, portable.pooling(geometry));
  }

  @Override
  public ActivationKernel swish() {
    return new DnnlSwish(portable.swish());
  }
}
