package org.lsq4j.compute.onednn;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import org.bytedeco.javacpp.BytePointer;
import org.lsq4j.compute.BatchNormGradients;
import org.lsq4j.compute.GradientForm;
import org.lsq4j.compute.JoinedNormKernel;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.QuantizerGradients;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.compute.ReusedMemory;
import org.lsq4j.quantizer.CodeRange;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Joined batch norms by vector loops: each method but {@link #backward} passes over its tensors
 * once. The tensors are cut into tiles by position only, and the tiles' sums are added in order and
 * in double precision, so results do not depend on the number of threads.
 *
 * <p>With a = gamma / sqrt(variance + epsilon), M pixels, S1 the sum of dL/dv and S2 that of dL/dv
 * (x - mean), for each channel:
 *
 * <pre>
 * dL/dbeta = S1    dL/dgamma = S2 / sqrt(variance + epsilon)
 * dL/dx = a dL/dv - a S2 / (M (variance + epsilon)) (x - mean) - a S1 / M
 * </pre>
 */
final class JoinedNorm implements JoinedNormKernel {

  /** Of all columns; worth a thread, and small enough to stay in a core's cache. */
  private static final int TILE_BYTES = 65536;

  private static final int ROW_BYTES = NormLoops.ROW * Float.BYTES;

  private final double epsilon;
  private final ReusedMemory valueMemory = new ReusedMemory();
  private TensorCoder coder;
  private NormLoops.Affine affine;
  private NormLoops.Codes codes;
  private float floor;
  private double[] sums;
  private double[] products;

  JoinedNorm(double epsilon) {
    this.epsilon = epsilon;
  }

  static boolean isSupported() {
    return VectorModule.NORM_LOOPS;
  }

  @Override
  public boolean fits(INDArray x) {
    return x.rank() == 4
        && x.length() <= FloatMemory.MAX_LENGTH
        && x.length() % NormLoops.ROW == 0
        && (NormLoops.ROW % x.size(3) == 0 || x.size(3) % NormLoops.ROW == 0)
        && DenseTensors.isRowMajor(x);
  }

  @Override
  public void statistics(Normalized input) {
    ByteBuffer x = bytes(input.x());
    Tiles tiles = new Tiles(input.x());
    RowSums found = new RowSums(tiles);
    tiles.forEach((tile, index) -> NormLoops.moments(x, tile, found.of(index)));
    double[] mean = new double[tiles.channels];
    for (int i = 0; i < found.first.length; i++) {
      mean[found.channel(i)] += (double) found.first[i] * tiles.rowsOf(i / NormLoops.ROW);
    }
    for (int channel = 0; channel < mean.length; channel++) {
      mean[channel] /= tiles.pixels;
    }
    // From the common mean, not from 0: squares of large numbers would leave no digits.
    double[] squares = new double[tiles.channels];
    for (int i = 0; i < found.second.length; i++) {
      int channel = found.channel(i);
      double deviation = found.first[i] - mean[channel];
      squares[channel] += found.second[i] + deviation * deviation * tiles.rowsOf(i / NormLoops.ROW);
    }
    for (int channel = 0; channel < mean.length; channel++) {
      input.tensors().mean().putScalar(channel, mean[channel]);
      input.tensors().variance().putScalar(channel, squares[channel] / tiles.pixels);
    }
    keepAlive(input.x());
  }

  @Override
  public Operand quantize(Normalized input, QuantizerTensors quantizer) {
    INDArray x = input.x();
    CodeRange range = quantizer.spec().range();
    float step = quantizer.step().getFloat(0);
    affine = affine(input);
    codes = new NormLoops.Codes(step, range.lowest(), range.highest());
    if (coder == null || !coder.fits(x.length(), range)) {
      coder = new TensorCoder(x.length(), range);
    }
    BytePointer memory = coder.codesOf(step);
    ByteBuffer from = bytes(x);
    ByteBuffer to = memory.capacity(x.length()).asBuffer().order(ByteOrder.nativeOrder());
    new Tiles(x).forEach((tile, index) -> NormLoops.codes(from, to, affine, codes, tile));
    keepAlive(x);
    valueMemory.rewind();
    return new QuantizedOperand(
        x,
        new QuantizedOperand.Scale(range, new float[] {step}, 0),
        () -> memory,
        coder::decode,
        () -> valueMemory.allocate(x.dataType(), x.shape()));
  }

  @Override
  public void add(Normalized input, INDArray other, Rectifier rectifier, INDArray y) {
    affine = affine(input);
    floor = rectifier == Rectifier.RELU ? 0 : Float.NEGATIVE_INFINITY;
    ByteBuffer from = bytes(input.x());
    ByteBuffer term = bytes(other);
    ByteBuffer to = bytes(y);
    new Tiles(y).forEach((tile, index) -> NormLoops.add(from, term, to, affine, floor, tile));
    keepAlive(input.x(), other, y);
  }

  @Override
  public void backpropQuantizer(Normalized input, INDArray upstream, QuantizerGradients gradients) {
    ByteBuffer x = bytes(input.x());
    ByteBuffer gradient = bytes(upstream);
    Tiles tiles = new Tiles(input.x());
    RowSums found = new RowSums(tiles);
    double[] toStep = new double[tiles.count];
    tiles.forEach(
        (tile, index) -> {
          toStep[index] = NormLoops.backpropCodes(x, gradient, affine, codes, tile);
          NormLoops.sums(x, gradient, affine.mean(), tile, found.of(index));
        });
    keep(found);
    gradients.step().putScalar(0, Arrays.stream(toStep).sum() * gradients.scale());
    keepAlive(input.x(), upstream);
  }

  @Override
  public void backpropSum(Normalized input, INDArray y, INDArray dy, INDArray dv) {
    ByteBuffer x = bytes(input.x());
    ByteBuffer passed = bytes(dv);
    NormLoops.Gate gate = new NormLoops.Gate(bytes(y), bytes(dy), floor);
    Tiles tiles = new Tiles(input.x());
    RowSums found = new RowSums(tiles);
    tiles.forEach(
        (tile, index) -> {
          NormLoops.pass(gate, passed, tile);
          NormLoops.sums(x, passed, affine.mean(), tile, found.of(index));
        });
    keep(found);
    keepAlive(input.x(), y, dy, dv);
  }

  @Override
  public void backward(
      Normalized input, INDArray dv, GradientForm form, BatchNormGradients gradients) {
    Tiles tiles = new Tiles(input.x());
    NormLoops.Slopes slopes = slopes(input, tiles.pixels, form.factor());
    writeParameterGradients(input, gradients);
    ByteBuffer x = bytes(input.x());
    ByteBuffer from = bytes(dv);
    ByteBuffer to = bytes(gradients.input());
    tiles.forEach(
        form.encoding() == GradientForm.Encoding.FLOAT
            ? (tile, index) -> NormLoops.gradient(x, from, to, slopes, tile)
            : (tile, index) -> NormLoops.roundedGradient(x, from, to, slopes, tile));
    keepAlive(input.x(), dv, gradients.input());
  }

  private NormLoops.Affine affine(Normalized input) {
    return new NormLoops.Affine(
        perChannel(input, channel -> input.tensors().mean().getDouble(channel)),
        perChannel(
            input,
            channel -> input.tensors().gamma().getDouble(channel) / deviation(input, channel)),
        perChannel(input, channel -> input.tensors().beta().getDouble(channel)));
  }

  private NormLoops.Slopes slopes(Normalized input, long pixels, double factor) {
    IntToDoubleFunction scale =
        channel -> factor * input.tensors().gamma().getDouble(channel) / deviation(input, channel);
    return new NormLoops.Slopes(
        affine.mean(),
        perChannel(input, scale),
        perChannel(
            input,
            channel ->
                -scale.applyAsDouble(channel)
                    * products[channel]
                    / (pixels * Math.pow(deviation(input, channel), 2))),
        perChannel(input, channel -> -scale.applyAsDouble(channel) * sums[channel] / pixels));
  }

  /** A number for each channel, repeated to fill a row. */
  private static float[] perChannel(Normalized input, IntToDoubleFunction value) {
    int channels = Math.toIntExact(input.tensors().mean().length());
    float[] values = new float[Math.max(channels, NormLoops.ROW)];
    for (int i = 0; i < channels; i++) {
      values[i] = (float) value.applyAsDouble(i);
    }
    for (int i = channels; i < values.length; i++) {
      values[i] = values[i - channels];
    }
    return values;
  }

  private void writeParameterGradients(Normalized input, BatchNormGradients gradients) {
    for (int channel = 0; channel < sums.length; channel++) {
      gradients.beta().putScalar(channel, sums[channel]);
      gradients.gamma().putScalar(channel, products[channel] / deviation(input, channel));
    }
  }

  private double deviation(Normalized input, int channel) {
    return Math.sqrt(input.tensors().variance().getDouble(channel) + epsilon);
  }

  private void keep(RowSums found) {
    sums = found.total(found.first);
    products = found.total(found.second);
  }

  private static ByteBuffer bytes(INDArray tensor) {
    return FloatMemory.of(tensor).bytes();
  }

  /** Until here the tensors, of which only addresses were taken, must not be collected. */
  private static void keepAlive(INDArray... tensors) {
    Reference.reachabilityFence(tensors);
  }

  /** A tensor cut into tiles. */
  private static final class Tiles {
    private final int channels;
    private final int pixels;

    /** Rows beside each other: more than one where a pixel has more channels than a row. */
    private final int columns;

    private final int rows;
    private final int rowsPerTile;
    private final int count;

    Tiles(INDArray x) {
      channels = Math.toIntExact(x.size(3));
      pixels = Math.toIntExact(x.length() / channels);
      columns = Math.max(1, channels / NormLoops.ROW);
      rows = Math.toIntExact(x.length() / NormLoops.ROW / columns);
      // The columns of some rows are read one after the other, from the cache if they are few.
      rowsPerTile = Math.max(1, Math.min(rows, TILE_BYTES / ROW_BYTES / columns));
      count = (rows + rowsPerTile - 1) / rowsPerTile * columns;
    }

    int rowsOf(int tile) {
      return Math.min(rowsPerTile, rows - tile / columns * rowsPerTile);
    }

    void forEach(TileWork work) {
      Workers.run(count, index -> work.run(tile(index), index));
    }

    private NormLoops.Tile tile(int index) {
      int column = index % columns;
      return new NormLoops.Tile(
          (index / columns * rowsPerTile * columns + column) * ROW_BYTES,
          rowsOf(index),
          columns * ROW_BYTES,
          column * NormLoops.ROW);
    }
  }

  @FunctionalInterface
  private interface TileWork {
    void run(NormLoops.Tile tile, int index);
  }

  /** Two sums for each place in a row of each tile. */
  private static final class RowSums {
    private final Tiles tiles;
    private final float[] first;
    private final float[] second;

    RowSums(Tiles tiles) {
      this.tiles = tiles;
      first = new float[tiles.count * NormLoops.ROW];
      second = new float[tiles.count * NormLoops.ROW];
    }

    NormLoops.Sums of(int tile) {
      return new NormLoops.Sums(first, second, tile * NormLoops.ROW);
    }

    /** The channel that a sum belongs to. */
    int channel(int index) {
      int column = index / NormLoops.ROW % tiles.columns;
      return (column * NormLoops.ROW + index % NormLoops.ROW) % tiles.channels;
    }

    double[] total(float[] parts) {
      double[] total = new double[tiles.channels];
      for (int i = 0; i < parts.length; i++) {
        total[channel(i)] += parts[i];
      }
      return total;
    }
  }
}
