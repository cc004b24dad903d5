package org.lsq4j.compute.nd4j;

import java.util.Properties;
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
import org.nd4j.linalg.api.environment.Nd4jEnvironment;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The portable engine: ND4J operations only, so it runs on every ND4J backend (CPU, CUDA) in float
 * and double. Slower than a fused engine, because every equation is several passes over the data.
 */
public final class Nd4jEngine implements ComputeEngine {

  /** This engine's name. */
  public static final String NAME = "nd4j";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    Properties environment = Nd4j.getExecutioner().getEnvironmentInformation();
    return NAME
        + " (backend "
        + environment.getProperty("backend")
        + ", "
        + environment.get(Nd4jEnvironment.OMP_THREADS_KEY)
        + " threads)";
  }

  @Override
  public FakeQuantizeKernel fakeQuantize() {
    return new Nd4jFakeQuantize();
  }

  @Override
  public LinearKernel convolution(ConvolutionGeometry geometry) {
    return new Nd4jConvolution(geometry);
  }

  @Override
  public LinearKernel matrixProduct() {
    return new Nd4jMatrixProduct();
  }

  @Override
  public BatchNormKernel batchNorm(int channelAxis, double epsilon, Rectifier rectifier) {
    return new Nd4jBatchNorm(channelAxis, epsilon, rectifier);
  }

  @Override
  public SumKernel sum(Rectifier rectifier) {
    return new Nd4jSum(rectifier);
  }

  @Override
  public PoolingKernel pooling(PoolingGeometry geometry) {
    return new Nd4jPooling(geometry);
  }

  @Override
  public ActivationKernel swish() {
    return new Nd4jSwish();
  }
}
