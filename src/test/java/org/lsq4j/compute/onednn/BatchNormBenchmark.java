package org.lsq4j.compute.onednn;

import java.util.concurrent.TimeUnit;
import org.lsq4j.compute.BatchNormGradients;
import org.lsq4j.compute.BatchNormKernel;
import org.lsq4j.compute.BatchNormTensors;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.JoinedNormKernel;
import org.lsq4j.compute.JoinedNormKernel.Normalized;
import org.lsq4j.compute.QuantizerGradients;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.compute.TensorForm;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.QuantizerSpec;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Batch norm with ReLU of 128 images, by oneDNN and by loops, and joined with a 3-bit quantizer.
 * Tensors take turns, so that they come from memory. Run with {@code scripts/bench-kernels.sh
 * BatchNorm}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class BatchNormBenchmark {

  private static final int TENSORS = 6;
  private static final int EXAMPLES = 128;
  private static final double EPSILON = 1e-5;

  /** Channels of images that have 16,384 numbers, 8,192 and 4,096, as in ResNet-20. */
  @Param({"16", "32", "64"})
  public int channels;

  /** Who computes. */
  @Param public Kind kind;

  /** The kernels that are compared. */
  public enum Kind {
    PRIMITIVES {
      @Override
      BatchNormKernel kernel() {
        return new DnnlBatchNorm(3, EPSILON, Rectifier.RELU, null);
      }
    },
    LOOPS {
      @Override
      BatchNormKernel kernel() {
        return new LoopBatchNorm(EPSILON, Rectifier.RELU, null);
      }
    },
    JOINED {
      @Override
      BatchNormKernel kernel() {
        return new JoinedWithQuantizer();
      }
    };

    abstract BatchNormKernel kernel();
  }

  /** A joined batch norm and its quantizer, backward only. */
  private static final class JoinedWithQuantizer implements BatchNormKernel {
    private final JoinedNormKernel kernel = new JoinedNorm(EPSILON);
    private final QuantizerTensors quantizer =
        new QuantizerTensors(
            QuantizerSpec.activations(3, CodeSign.UNSIGNED), Nd4j.createFromArray(0.4f), null, -1);
    private final QuantizerGradients toStep =
        new QuantizerGradients(Nd4j.create(DataType.FLOAT, 1), null, 1);

    @Override
    public void forwardInference(INDArray x, BatchNormTensors tensors, INDArray y) {
      throw new UnsupportedOperationException("joined batch norms are for training");
    }

    @Override
    public void forwardTraining(INDArray x, BatchNormTensors tensors, INDArray y) {
      Normalized input = new Normalized(FormedTensor.plain(x), tensors);
      kernel.statistics(input);
      kernel.quantize(input, quantizer);
    }

    @Override
    public void backward(
        INDArray x, BatchNormTensors tensors, INDArray dy, BatchNormGradients gradients) {
      Normalized input = new Normalized(FormedTensor.plain(x), tensors);
      kernel.backpropQuantizer(input, FormedTensor.plain(dy), toStep);
      kernel.backward(input, FormedTensor.plain(dy), TensorForm.PLAIN, gradients);
    }
  }

  private final INDArray[] x = new INDArray[TENSORS];
  private final INDArray[] y = new INDArray[TENSORS];
  private final INDArray[] dy = new INDArray[TENSORS];
  private final BatchNormGradients[] gradients = new BatchNormGradients[TENSORS];
  private BatchNormTensors tensors;
  private BatchNormKernel kernel;
  private int turn;

  /** Makes the tensors. */
  @Setup
  public void prepare() {
    ComputeEngines.use(OneDnnEngine.NAME);
    long side = 512 / channels;
    for (int i = 0; i < TENSORS; i++) {
      x[i] = Nd4j.randn(DataType.FLOAT, EXAMPLES, side, side, channels);
      y[i] = x[i].ulike();
      dy[i] = Nd4j.randn(DataType.FLOAT, x[i].shape());
      gradients[i] = new BatchNormGradients(x[i].ulike(), perChannel(0), perChannel(0));
    }
    tensors = new BatchNormTensors(perChannel(1), perChannel(0), perChannel(0), perChannel(1));
    kernel = kind.kernel();
    kernel.forwardTraining(x[0], tensors, y[0]);
  }

  private INDArray perChannel(double value) {
    return Nd4j.valueArrayOf(new long[] {channels}, value, DataType.FLOAT);
  }

  /** Statistics, and the result or its codes. */
  @Benchmark
  public void forward() {
    turn = (turn + 1) % TENSORS;
    kernel.forwardTraining(x[turn], tensors, y[turn]);
  }

  /** All gradients, of the statistics that the last forward pass left. */
  @Benchmark
  public void backward() {
    turn = (turn + 1) % TENSORS;
    kernel.backward(x[turn], tensors, dy[turn], gradients[turn]);
  }
}
