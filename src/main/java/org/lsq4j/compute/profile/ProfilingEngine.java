package org.lsq4j.compute.profile;

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
import org.nd4j.linalg.api.buffer.DataType;

/**
 * Another engine, with kernels that add up their time and their calls by {@link KernelKind}. The
 * results are the other engine's, bit for bit.
 *
 * <p>All kernels share the sums, so only one thread may train or compute with the layers that hold
 * them. What threads the other engine uses inside a kernel does not matter: a kernel's time ends
 * when it returns. Noting a call costs a few microseconds, which are in no kernel's time.
 *
 * <p>An engine may compute on codes and make the real values when they are needed. The engine
 * {@code onednn} encodes in the quantizer's forward call, except weights with a step for each
 * channel, which it encodes in the forward call of their reader; it dequantizes in the backward
 * call of a convolution or matrix product, where it counts as theirs.
 */
public final class ProfilingEngine implements ComputeEngine {

  private final ComputeEngine engine;
  private final KernelRecorder recorder = new KernelRecorder();

  /**
   * A profile of an engine, empty at first.
   *
   * @param engine the engine that computes
   */
  public ProfilingEngine(ComputeEngine engine) {
    this.engine = engine;
  }

  /** What was done since the beginning or the last {@link #reset}. */
  public KernelProfile profile() {
    return recorder.profile();
  }

  /** Forgets everything, for all kernels of this engine. */
  public void reset() {
    recorder.reset();
  }

  /** The other engine's name. */
  @Override
  public String name() {
    return engine.name();
  }

  @Override
  public String description() {
    return engine.description() + ", profiled";
  }

  @Override
  public boolean supports(DataType type) {
    return engine.supports(type);
  }

  @Override
  public FakeQuantizeKernel fakeQuantize() {
    return new ProfiledQuantizer(engine.fakeQuantize(), recorder);
  }

  @Override
  public LinearKernel convolution(ConvolutionGeometry geometry) {
    return new ProfiledConvolution(geometry, engine.convolution(geometry), recorder);
  }

  @Override
  public LinearKernel matrixProduct() {
    return new ProfiledProduct(engine.matrixProduct(), recorder);
  }

  @Override
  public BatchNormKernel batchNorm(int channelAxis, double epsilon, Rectifier rectifier) {
    return new ProfiledBatchNorm(engine.batchNorm(channelAxis, epsilon, rectifier), recorder);
  }

  @Override
  public SumKernel sum(Rectifier rectifier) {
    return new ProfiledSum(engine.sum(rectifier), recorder);
  }

  @Override
  public PoolingKernel pooling(PoolingGeometry geometry) {
    return new ProfiledPooling(engine.pooling(geometry), recorder);
  }

  @Override
  public ActivationKernel swish() {
    return new ProfiledActivation(engine.swish(), recorder);
  }
}
