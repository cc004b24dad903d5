package org.lsq4j.compute.onednn;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.BytePointer;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.compute.FakeQuantizeKernel;
import org.lsq4j.compute.QuantizerGradients;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.ReusedMemory;
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
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Fake quantization of a 3-bit activation tensor [128, 32, 32, 16] against copies of the bytes that
 * it must move, on the same threads. Tensors take turns, so that they come from memory and not from
 * a cache. Run with {@code scripts/bench-kernels.sh}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class FakeQuantizeBenchmark {

  private static final long[] SHAPE = {128, 32, 32, 16};
  private static final int TENSORS = 8;
  private static final int PIECES = 64;

  private final INDArray[] values = new INDArray[TENSORS];
  private final INDArray[] gradients = new INDArray[TENSORS];
  private final ReusedMemory memory = new ReusedMemory();
  private FakeQuantizeKernel kernel;
  private QuantizerTensors parameters;
  private QuantizerGradients results;
  private int elements;
  private int turn;

  /** Makes the tensors. */
  @Setup
  public void prepare() {
    ComputeEngines.use(OneDnnEngine.NAME);
    for (int i = 0; i < TENSORS; i++) {
      values[i] = Nd4j.rand(DataType.FLOAT, SHAPE).muli(4).subi(1);
      gradients[i] = Nd4j.randn(DataType.FLOAT, SHAPE);
    }
    elements = Math.toIntExact(values[0].length());
    kernel = ComputeEngines.current().fakeQuantize();
    parameters =
        new QuantizerTensors(
            QuantizerSpec.activations(3, CodeSign.UNSIGNED), Nd4j.createFromArray(0.4f), null, -1);
    results = new QuantizerGradients(Nd4j.create(DataType.FLOAT, 1), null, 1);
    kernel.forward(values[0], parameters, memory);
  }

  /** Forward: reads a float and writes a byte for each element. */
  @Benchmark
  public Object forward() {
    turn = (turn + 1) % TENSORS;
    memory.rewind();
    return ((QuantizedOperand) kernel.forward(values[turn], parameters, memory)).codes();
  }

  /** Backward: reads two floats and writes one for each element. */
  @Benchmark
  public void backward() {
    turn = (turn + 1) % TENSORS;
    kernel.backward(values[turn], parameters, gradients[turn], results);
  }

  /** The five bytes of {@link #forward}: two and a half read, two and a half written. */
  @Benchmark
  public void copyForwardBytes() {
    turn = (turn + 1) % TENSORS;
    copy(elements * 5 / 2);
  }

  /** The twelve bytes of {@link #backward}: six read, six written. */
  @Benchmark
  public void copyBackwardBytes() {
    turn = (turn + 1) % TENSORS;
    int tensor = elements * Float.BYTES;
    copy(tensor);
    turn = (turn + 1) % TENSORS;
    copy(elements * 6 - tensor);
  }

  private void copy(int bytes) {
    ByteBuffer from = bytes(values[turn]);
    ByteBuffer to = bytes(gradients[turn]);
    int piece = bytes / PIECES;
    Workers.run(PIECES, i -> to.put(i * piece, from, i * piece, piece));
  }

  private static ByteBuffer bytes(INDArray array) {
    return new BytePointer(DenseTensors.pointer(array))
        .capacity(array.length() * Float.BYTES)
        .asBuffer();
  }
}
