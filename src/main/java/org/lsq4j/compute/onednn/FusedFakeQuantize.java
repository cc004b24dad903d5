package org.lsq4j.compute.onednn;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.lsq4j.compute.FakeQuantizeKernel;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.QuantizerGradients;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.ReusedMemory;
import org.lsq4j.compute.TensorMemory;
import org.lsq4j.quantizer.ChannelLayout;
import org.lsq4j.quantizer.CodeRange;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Fake quantization in one pass forward and one pass backward. Work is cut into pieces by position
 * only, and their sums are added in order, so results do not depend on the number of threads.
 */
final class FusedFakeQuantize implements FakeQuantizeKernel {

  /** Channels with fewer neighbours than this are left to the portable kernel. */
  private static final int MIN_RUN = 8;

  private final FakeQuantizeKernel portable;
  private final ReusedMemory valueMemory = new ReusedMemory();
  private final ReusedMemory slopeMemory = new ReusedMemory();
  private TensorCoder coder;
  private BytePointer channelCodes;
  private boolean fused;

  FusedFakeQuantize(FakeQuantizeKernel portable) {
    this.portable = portable;
  }

  @Override
  public Operand forward(INDArray x, QuantizerTensors parameters, TensorMemory memory) {
    fused = isSupported(x, parameters);
    if (!fused) {
      return portable.forward(x, parameters, memory);
    }
    valueMemory.rewind();
    if (parameters.perTensor()) {
      return coded(x, parameters);
    }
    return parameters.offset() == null
        ? codedByChannel(x, parameters)
        : Operand.plain(quantize(x, parameters, memory));
  }

  /**
   * Encodes at once: the codes are needed on the integer path as they are and on the float path to
   * be decoded, and so their time is the quantizer's and not that of whoever reads them first.
   */
  private QuantizedOperand coded(INDArray x, QuantizerTensors parameters) {
    float[] stepAndOffset = Pieces.read(parameters, 0);
    float step = stepAndOffset[0];
    float offset = stepAndOffset[1];
    CodeRange range = parameters.spec().range();
    BytePointer codes = coder(x.length(), range).encode(DenseTensors.pointer(x), step, offset);
    return new QuantizedOperand(
        x,
        new QuantizedOperand.Scale(range, new float[] {step}, offset),
        () -> codes,
        values -> decode(x, parameters, offset, values),
        () -> sameLayout(x, valueMemory));
  }

  private void decode(INDArray x, QuantizerTensors parameters, float offset, Pointer values) {
    if (offset == 0) {
      coder.decode(values);
    } else {
      quantize(x, parameters, FloatMemory.of(values, x.length()).floats());
    }
  }

  private TensorCoder coder(long length, CodeRange range) {
    if (coder == null || !coder.fits(length, range)) {
      coder = new TensorCoder(length, range);
    }
    return coder;
  }

  /** Encodes when asked: the float path makes the values without codes. */
  private QuantizedOperand codedByChannel(INDArray x, QuantizerTensors parameters) {
    return new QuantizedOperand(
        x,
        new QuantizedOperand.Scale(
            parameters.spec().range(), parameters.step().dup().data().asFloat(), 0),
        () -> codes(x, parameters),
        values -> quantize(x, parameters, FloatMemory.of(values, x.length()).floats()),
        () -> sameLayout(x, valueMemory));
  }

  private BytePointer codes(INDArray x, QuantizerTensors parameters) {
    if (channelCodes == null || channelCodes.capacity() != x.length()) {
      channelCodes = new BytePointer(x.length());
    }
    QuantizeLoops loops = QuantizeLoops.of(parameters.spec().range());
    Pieces pieces = new Pieces(x, parameters);
    FloatBuffer from = FloatMemory.of(x).floats();
    ByteBuffer to = channelCodes.asBuffer();
    pieces.forEach(
        (piece, first, count, channel) -> {
          float[] block = Blocks.scratch(0);
          from.get(first, block, 0, count);
          loops.codes(block, count, pieces.step(channel), pieces.offset(channel));
          for (int i = 0; i < count; i++) {
            to.put(first + i, (byte) (int) block[i]);
          }
        });
    return channelCodes;
  }

  private static INDArray quantize(INDArray x, QuantizerTensors parameters, TensorMemory memory) {
    INDArray values = sameLayout(x, memory);
    quantize(x, parameters, FloatMemory.of(values).floats());
    return values;
  }

  private static void quantize(INDArray x, QuantizerTensors parameters, FloatBuffer to) {
    QuantizeLoops loops = QuantizeLoops.of(parameters.spec().range());
    Pieces pieces = new Pieces(x, parameters);
    FloatBuffer from = FloatMemory.of(x).floats();
    pieces.forEach(
        (piece, first, count, channel) -> {
          float[] block = Blocks.scratch(0);
          from.get(first, block, 0, count);
          loops.forward(block, count, pieces.step(channel), pieces.offset(channel));
          to.put(first, block, 0, count);
        });
  }

  @Override
  public void backward(
      INDArray x, QuantizerTensors parameters, INDArray upstream, QuantizerGradients gradients) {
    if (!fused) {
      portable.backward(x, parameters, upstream, gradients);
    } else if (isSameLayout(x, upstream)) {
      backwardFused(x, parameters, upstream, gradients);
    } else {
      INDArray copy = x.ulike();
      copy.assign(upstream);
      backwardFused(x, parameters, copy, gradients);
      upstream.assign(copy);
    }
  }

  private static void backwardFused(
      INDArray x, QuantizerTensors parameters, INDArray upstream, QuantizerGradients gradients) {
    QuantizeLoops loops = QuantizeLoops.of(parameters.spec().range());
    Pieces pieces = new Pieces(x, parameters);
    QuantizeLoops.Sums[] sums = new QuantizeLoops.Sums[pieces.count()];
    Arrays.setAll(sums, i -> new QuantizeLoops.Sums());
    FloatMemory values = FloatMemory.of(x);
    FloatMemory gradient = FloatMemory.of(upstream);
    pieces.forEach(
        (piece, first, count, channel) ->
            loops.backward(
                values, gradient, first, count, pieces.parameters(channel), sums[piece]));
    pieces.write(sums, gradients);
  }

  @Override
  public Optional<INDArray> stepSlopes(INDArray x, QuantizerTensors parameters) {
    if (!fused || !parameters.perTensor() || parameters.offset() != null) {
      return Optional.empty();
    }
    slopeMemory.rewind();
    INDArray slopes = sameLayout(x, slopeMemory);
    PlainLoops loops = new PlainLoops(parameters.spec().range());
    Pieces pieces = new Pieces(x, parameters);
    FloatBuffer from = FloatMemory.of(x).floats();
    FloatBuffer to = FloatMemory.of(slopes).floats();
    pieces.forEach(
        (piece, first, count, channel) -> {
          float[] block = Blocks.scratch(0);
          from.get(first, block, 0, count);
          loops.slopes(block, count, pieces.step(channel));
          to.put(first, block, 0, count);
        });
    return Optional.of(slopes);
  }

  private static boolean isSupported(INDArray x, QuantizerTensors parameters) {
    boolean dense =
        x.length() <= FloatMemory.MAX_LENGTH
            && (DenseTensors.isRowMajor(x) || DenseTensors.isColumnMajor(x));
    return dense && (parameters.perTensor() || layout(x, parameters).inner() >= MIN_RUN);
  }

  private static boolean isSameLayout(INDArray a, INDArray b) {
    return Arrays.equals(a.shape(), b.shape())
        && (DenseTensors.isRowMajor(a) && DenseTensors.isRowMajor(b)
            || DenseTensors.isColumnMajor(a) && DenseTensors.isColumnMajor(b));
  }

  /** An array whose elements lie in memory as those of x. */
  private static INDArray sameLayout(INDArray x, TensorMemory memory) {
    if (DenseTensors.isRowMajor(x)) {
      return memory.allocate(x.dataType(), x.shape());
    }
    return memory.allocate(x.dataType(), reversed(x.shape())).permute(reversedAxes(x.rank()));
  }

  private static ChannelLayout layout(INDArray x, QuantizerTensors parameters) {
    if (parameters.perTensor()) {
      return new ChannelLayout(1, Math.toIntExact(x.length()));
    }
    int axis = parameters.channelAxis();
    return DenseTensors.isRowMajor(x)
        ? ChannelLayout.ofAxis(x.shape(), axis)
        : ChannelLayout.ofAxis(reversed(x.shape()), x.rank() - 1 - axis);
  }

  private static long[] reversed(long[] shape) {
    long[] result = new long[shape.length];
    for (int i = 0; i < shape.length; i++) {
      result[i] = shape[shape.length - 1 - i];
    }
    return result;
  }

  private static int[] reversedAxes(int rank) {
    int[] axes = new int[rank];
    Arrays.setAll(axes, i -> rank - 1 - i);
    return axes;
  }

  @FunctionalInterface
  private interface BlockWork {
    /** Works on {@code count} neighbours of one channel, at most a block. */
    void run(int piece, int first, int count, int channel);
  }

  /** A tensor cut into pieces, each within one run of a channel's neighbours. */
  private static final class Pieces {
    private final ChannelLayout layout;
    private final int length;
    private final int piecesPerRun;
    private final float[][] channelParameters;
    private final QuantizerTensors parameters;

    Pieces(INDArray x, QuantizerTensors parameters) {
      this.parameters = parameters;
      layout = layout(x, parameters);
      length = Math.toIntExact(x.length());
      piecesPerRun = (layout.inner() + Blocks.PIECE - 1) / Blocks.PIECE;
      channelParameters = new float[layout.channels()][];
      Arrays.setAll(channelParameters, channel -> read(parameters, channel));
    }

    /** s and z as the forward pass uses them. */
    static float[] read(QuantizerTensors parameters, int channel) {
      float step = parameters.step().getFloat(channel);
      if (parameters.offset() == null) {
        return new float[] {step, 0};
      }
      float offset = parameters.offset().getFloat(channel);
      if (parameters.roundsOffset()) {
        offset = (float) (Math.rint((double) offset / step) * step);
      }
      return new float[] {step, offset};
    }

    int count() {
      return length / layout.inner() * piecesPerRun;
    }

    float step(int channel) {
      return channelParameters[channel][0];
    }

    float offset(int channel) {
      return channelParameters[channel][1];
    }

    float[] parameters(int channel) {
      return channelParameters[channel];
    }

    void forEach(BlockWork work) {
      // A piece of a short run is not worth a thread, so several go together.
      int group = Math.max(1, Blocks.PIECE / Math.min(Blocks.PIECE, layout.inner()));
      int groups = (count() + group - 1) / group;
      Workers.run(
          groups,
          index -> {
            int end = Math.min(count(), (index + 1) * group);
            for (int piece = index * group; piece < end; piece++) {
              run(piece, work);
            }
          });
    }

    private void run(int piece, BlockWork work) {
      int run = piece / piecesPerRun;
      int first = run * layout.inner() + piece % piecesPerRun * Blocks.PIECE;
      int end = Math.min((run + 1) * layout.inner(), first + Blocks.PIECE);
      int channel = run % layout.channels();
      for (int at = first; at < end; at += Blocks.SIZE) {
        work.run(piece, at, Math.min(Blocks.SIZE, end - at), channel);
      }
    }

    void write(QuantizeLoops.Sums[] sums, QuantizerGradients gradients) {
      double[] ds = new double[layout.channels()];
      double[] dz = new double[layout.channels()];
      for (int piece = 0; piece < sums.length; piece++) {
        int channel = piece / piecesPerRun % layout.channels();
        ds[channel] += sums[piece].step();
        dz[channel] += sums[piece].offset();
      }
      for (int channel = 0; channel < ds.length; channel++) {
        double step = ds[channel];
        if (parameters.roundsOffset()) {
          double u = parameters.offset().getDouble(channel) / parameters.step().getDouble(channel);
          step += dz[channel] * (Math.rint(u) - u);
        }
        gradients.step().putScalar(channel, step * gradients.scale());
        if (gradients.offset() != null) {
          gradients.offset().putScalar(channel, dz[channel] * gradients.scale());
        }
      }
    }
  }
}
