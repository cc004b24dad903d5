package org.lsq4j.compute.profile;

import java.util.ArrayList;
import java.util.List;
import org.lsq4j.compute.ActivationKernel;
import org.lsq4j.compute.BatchNormKernel;
import org.lsq4j.compute.ComputeEngine;
import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.FakeQuantizeKernel;
import org.lsq4j.compute.LinearGradients;
import org.lsq4j.compute.LinearKernel;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.PoolingGeometry;
import org.lsq4j.compute.PoolingKernel;
import org.lsq4j.compute.QuantizerGradients;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.compute.SumKernel;
import org.lsq4j.compute.TensorMemory;
import org.lsq4j.compute.nd4j.Nd4jEngine;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The portable engine, which remembers what its quantizers and convolutions were given. */
final class WatchedEngine implements ComputeEngine {

  /** What one quantizer was told, and what it made. */
  record Quantization(INDArray x, QuantizerTensors parameters, Operand result) {}

  /** What one convolution was told; null is what a pass does not have. */
  record Convolution(Operand x, Operand weights, INDArray bias, LinearGradients gradients) {}

  final List<Quantization> quantizations = new ArrayList<>();
  final List<Convolution> forward = new ArrayList<>();
  final List<Convolution> backward = new ArrayList<>();
  private final ComputeEngine portable = new Nd4jEngine();

  @Override
  public String name() {
    return "watched";
  }

  @Override
  public String description() {
    return "watched engine";
  }

  @Override
  public boolean supports(DataType type) {
    return type == DataType.FLOAT;
  }

  @Override
  public FakeQuantizeKernel fakeQuantize() {
    FakeQuantizeKernel kernel = portable.fakeQuantize();
    return new FakeQuantizeKernel() {
      @Override
      public Operand forward(INDArray x, QuantizerTensors parameters, TensorMemory memory) {
        Operand result = kernel.forward(x, parameters, memory);
        quantizations.add(new Quantization(x, parameters, result));
        return result;
      }

      @Override
      public void backward(
          INDArray x, QuantizerTensors parameters, INDArray upstream, QuantizerGradients to) {
        kernel.backward(x, parameters, upstream, to);
      }
    };
  }

  @Override
  public LinearKernel convolution(ConvolutionGeometry geometry) {
    LinearKernel kernel = portable.convolution(geometry);
    return new LinearKernel() {
      @Override
      public void forward(Operand x, Operand weights, INDArray bias, INDArray y) {
        forward.add(new Convolution(x, weights, bias, null));
        kernel.forward(x, weights, bias, y);
      }

      @Override
      public void backward(Operand x, Operand weights, INDArray dy, LinearGradients gradients) {
        backward.add(new Convolution(x, weights, null, gradients));
        kernel.backward(x, weights, dy, gradients);
      }
    };
  }

  @Override
  public LinearKernel matrixProduct() {
    return portable.matrixProduct();
  }

  @Override
  public BatchNormKernel batchNorm(int channelAxis, double epsilon, Rectifier rectifier) {
    return portable.batchNorm(channelAxis, epsilon, rectifier);
  }

  @Override
  public SumKernel sum(Rectifier rectifier) {
    return portable.sum(rectifier);
  }

  @Override
  public PoolingKernel pooling(PoolingGeometry geometry) {
    return portable.pooling(geometry);
  }

  @Override
  public ActivationKernel swish() {
    return portable.swish();
  }
}
