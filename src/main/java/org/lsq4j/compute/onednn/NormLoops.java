package org.lsq4j.compute.onednn;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.lsq4j.compute.Rectifier;

/**
 * The equations of a joined batch norm on tiles of tensors in memory, all of one layout, with
 * Java's vector module. v is the normalized value, dL/dv its gradient.
 *
 * <p>A tile's rows are {@link #ROW} floats each: some channels of one pixel, or the same channels
 * of several pixels. What belongs to a channel is thus repeated as often as it occurs in a row. A
 * row is two vectors, A and B, whose constants stay in registers. With one vector, tensors of many
 * channels are read in smaller pieces, which takes longer; with four, the loops are too large for
 * the compiler to keep all vectors out of objects. For the same reason loops that differ in what
 * they write only are written out.
 */
final class NormLoops {

  /** Floats in a row of a tile. */
  static final int ROW = 32;

  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_512;
  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_128;
  private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_256;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  static final int LANES = 16;

  /** Bits of a float that a bfloat16 number lacks. */
  private static final int DROPPED = 16;

  /** Rows that tell about where a channel's mean is. */
  private static final int SAMPLE = 64;

  private static final int ALMOST_HALF = 0x7fff;

  private NormLoops() {}

  /** v = (x - mean) scale + shift for each channel. */
  record Affine(float[] mean, float[] scale, float[] shift) {}

  /** From values to codes: the step size and the smallest and largest code. */
  record Codes(float step, float lowest, float highest) {

    /** Where Q(v) has slope 1: lowest &lt; v / s &lt; highest, as floats are divided. */
    Gate gate(Affine affine) {
      return new Gate(affine, largestAtMost(), smallestAtLeast());
    }

    /** The largest v with v / s at most the lowest code. */
    private float largestAtMost() {
      float v = lowest * step;
      // Quotients that are too small for a float are 0 only for v that are as good as 0.
      while (lowest != 0 && Math.nextUp(v) / step <= lowest) {
        v = Math.nextUp(v);
      }
      while (v / step > lowest) {
        v = Math.nextDown(v);
      }
      return v;
    }

    /** The smallest v with v / s at least the highest code. */
    private float smallestAtLeast() {
      float v = highest * step;
      while (Math.nextDown(v) / step >= highest) {
        v = Math.nextDown(v);
      }
      while (v / step < highest) {
        v = Math.nextUp(v);
      }
      return v;
    }
  }

  /**
   * A sum of v and another term.
   *
   * @param y where it goes
   * @param floor its smallest value
   */
  record Addition(ByteBuffer other, ByteBuffer y, float floor) {}

  /** Two sums over a tile's rows, for each place in a row from an index on. */
  record Sums(float[] first, float[] second, int index) {}

  /**
   * Where a gradient goes on: dL/dv is what came back where above &lt; v &lt; below, else 0.
   *
   * @param affine makes v of x
   */
  record Gate(Affine affine, float above, float below) {

    /** The same of values that are made with other numbers. */
    Gate with(Affine other) {
      return new Gate(other, above, below);
    }

    /** That of a rectifier. */
    static Gate of(Affine affine, Rectifier rectifier) {
      return new Gate(affine, floor(rectifier), Float.POSITIVE_INFINITY);
    }

    /** That of a function with slope 1. */
    static Gate open(Affine affine) {
      return new Gate(affine, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
    }
  }

  /** The smallest result of a rectifier. */
  static float floor(Rectifier rectifier) {
    return rectifier == Rectifier.RELU ? 0 : Float.NEGATIVE_INFINITY;
  }

  /** dL/dx = ofGradient dL/dv + ofInput (x - mean) + constant for each channel. */
  record Slopes(float[] ofGradient, float[] ofInput, float[] constant) {}

  /**
   * Sizes of an image.
   *
   * @param pixels of one
   * @param blocks of 16 channels
   */
  record Image(int pixels, int blocks) {

    /** The place in a tensor's bytes of a block of a pixel, where blocks are stored one by one. */
    private int block(int pixel, int block) {
      int image = pixel / pixels;
      return (pixel + pixels * (image * (blocks - 1) + block)) * LANES * Float.BYTES;
    }
  }

  /** Uses everything once; throws if this processor or this JDK's module is another. */
  static void probe() {
    if (FloatVector.SPECIES_PREFERRED.length() < LANES) {
      throw new UnsupportedOperationException("vectors are shorter than " + LANES + " floats");
    }
    ByteBuffer memory = ByteBuffer.allocateDirect(ROW * Float.BYTES).order(ORDER);
    Tile tile = new Tile(0, 1, ROW * Float.BYTES, 0, Tile.Sequences.ONE);
    float[] ones = new float[ROW];
    Affine affine = new Affine(ones, ones, ones);
    Sums sums = new Sums(new float[ROW], new float[ROW], 0);
    moments(memory, tile, sums);
    Addition sum = new Addition(memory, memory, 0);
    add(memory, sum, affine, tile);
    addAndEncode(memory, sum, memory, affine, new Codes(1, 0, 1), tile);
    codes(memory, memory, affine, new Codes(1, 0, 1), tile);
    sumsOfCodes(memory, memory, affine, new Codes(1, 0, 1), tile, sums);
    SumLoops.probe();
    RectifiedLoops.probe();
    Gate gate = Gate.open(affine);
    Slopes slopes = new Slopes(ones, ones, ones);
    gradient(memory, memory, memory, gate, slopes, tile);
    roundedGradient(memory, memory, memory, gate, slopes, tile);
    blockedGradient(memory, memory, memory, gate, slopes, tile, new Image(1, 2));
  }

  /**
   * The mean and the sum of squared deviations from it, in one pass: sums of deviations from the
   * mean of the first rows are corrected. With m of n rows that is at most sqrt(n / m) standard
   * deviations from the mean, so that few digits are lost.
   */
  static void moments(ByteBuffer x, Tile tile, Sums sums) {
    int sample = Math.min(SAMPLE, tile.rows());
    FloatVector a = FloatVector.zero(FLOATS);
    FloatVector b = FloatVector.zero(FLOATS);
    for (int i = 0; i < sample; i++) {
      int row = tile.row(i);
      a = a.add(load(x, row, 0));
      b = b.add(load(x, row, LANES));
    }
    FloatVector nearA = a.div(sample);
    FloatVector nearB = b.div(sample);
    FloatVector squaresA = FloatVector.zero(FLOATS);
    FloatVector squaresB = FloatVector.zero(FLOATS);
    a = FloatVector.zero(FLOATS);
    b = FloatVector.zero(FLOATS);
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      FloatVector deviationA = load(x, row, 0).sub(nearA);
      FloatVector deviationB = load(x, row, LANES).sub(nearB);
      a = a.add(deviationA);
      b = b.add(deviationB);
      squaresA = deviationA.fma(deviationA, squaresA);
      squaresB = deviationB.fma(deviationB, squaresB);
    }
    FloatVector offA = a.div(tile.rows());
    FloatVector offB = b.div(tile.rows());
    nearA.add(offA).intoArray(sums.first, sums.index);
    nearB.add(offB).intoArray(sums.first, sums.index + LANES);
    squaresA.sub(a.mul(offA)).intoArray(sums.second, sums.index);
    squaresB.sub(b.mul(offB)).intoArray(sums.second, sums.index + LANES);
  }

  /** y = max(v + other, floor). */
  static void add(ByteBuffer x, Addition sum, Affine affine, Tile tile) {
    FloatVector meanA = load(affine.mean, tile.channel());
    FloatVector meanB = load(affine.mean, tile.channel() + LANES);
    FloatVector scaleA = load(affine.scale, tile.channel());
    FloatVector scaleB = load(affine.scale, tile.channel() + LANES);
    FloatVector shiftA = load(affine.shift, tile.channel());
    FloatVector shiftB = load(affine.shift, tile.channel() + LANES);
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      FloatVector a = raised(normalized(x, row, 0, meanA, scaleA, shiftA), sum, row, 0);
      FloatVector b = raised(normalized(x, row, LANES, meanB, scaleB, shiftB), sum, row, LANES);
      store(a, sum.y, row, 0);
      store(b, sum.y, row, LANES);
    }
  }

  /** y = max(v + other, floor), and round(clip(y / s)), a byte each. */
  static void addAndEncode(
      ByteBuffer x, Addition sum, ByteBuffer codes, Affine affine, Codes range, Tile tile) {
    FloatVector meanA = load(affine.mean, tile.channel());
    FloatVector meanB = load(affine.mean, tile.channel() + LANES);
    FloatVector scaleA = load(affine.scale, tile.channel());
    FloatVector scaleB = load(affine.scale, tile.channel() + LANES);
    FloatVector shiftA = load(affine.shift, tile.channel());
    FloatVector shiftB = load(affine.shift, tile.channel() + LANES);
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      FloatVector a = raised(normalized(x, row, 0, meanA, scaleA, shiftA), sum, row, 0);
      FloatVector b = raised(normalized(x, row, LANES, meanB, scaleB, shiftB), sum, row, LANES);
      store(a, sum.y, row, 0);
      store(b, sum.y, row, LANES);
      encode(a, range, codes, row, 0);
      encode(b, range, codes, row, LANES);
    }
  }

  private static FloatVector raised(FloatVector v, Addition sum, int row, int i) {
    FloatVector raw = v.add(load(sum.other, row, i));
    // Not max: NaN is to be seen.
    return raw.blend(sum.floor, raw.compare(VectorOperators.LT, sum.floor));
  }

  /** round(clip(v / s)), a byte each. */
  static void codes(ByteBuffer x, ByteBuffer codes, Affine affine, Codes range, Tile tile) {
    FloatVector meanA = load(affine.mean, tile.channel());
    FloatVector meanB = load(affine.mean, tile.channel() + LANES);
    FloatVector scaleA = load(affine.scale, tile.channel());
    FloatVector scaleB = load(affine.scale, tile.channel() + LANES);
    FloatVector shiftA = load(affine.shift, tile.channel());
    FloatVector shiftB = load(affine.shift, tile.channel() + LANES);
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      encode(normalized(x, row, 0, meanA, scaleA, shiftA), range, codes, row, 0);
      encode(normalized(x, row, LANES, meanB, scaleB, shiftB), range, codes, row, LANES);
    }
  }

  static void encode(FloatVector v, Codes range, ByteBuffer codes, int row, int i) {
    // The sum's lowest bits are the rounded number, and sums are in the order of their bits.
    IntVector bits = v.div(range.step).add(QuantizeLoops.ROUND).reinterpretAsInts();
    IntVector clipped = bits.max(bits(range.lowest)).min(bits(range.highest));
    ((ByteVector) clipped.convertShape(VectorOperators.I2B, BYTES, 0))
        .intoByteBuffer(codes, row / Float.BYTES + i, ORDER);
  }

  private static int bits(float code) {
    return Float.floatToRawIntBits(code + QuantizeLoops.ROUND);
  }

  /**
   * Adds to the sums of dL/dv and of dL/dv (x - mean) for v that is quantized.
   *
   * @param gradient dL/dxHat
   * @return dL/ds
   */
  static double sumsOfCodes(
      ByteBuffer x, ByteBuffer gradient, Affine affine, Codes range, Tile tile, Sums sums) {
    FloatVector meanA = load(affine.mean, tile.channel());
    FloatVector meanB = load(affine.mean, tile.channel() + LANES);
    FloatVector scaleA = load(affine.scale, tile.channel());
    FloatVector scaleB = load(affine.scale, tile.channel() + LANES);
    FloatVector shiftA = load(affine.shift, tile.channel());
    FloatVector shiftB = load(affine.shift, tile.channel() + LANES);
    FloatVector a = load(sums.first, sums.index);
    FloatVector b = load(sums.first, sums.index + LANES);
    FloatVector productA = load(sums.second, sums.index);
    FloatVector productB = load(sums.second, sums.index + LANES);
    FloatVector toStep = FloatVector.zero(FLOATS);
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      FloatVector deviationA = load(x, row, 0).sub(meanA);
      FloatVector codeA = deviationA.fma(scaleA, shiftA).div(range.step);
      FloatVector gradientA = load(gradient, row, 0);
      FloatVector passedA = passed(codeA, range.lowest, range.highest, gradientA);
      toStep = gradientA.fma(slope(codeA, range), toStep);
      a = a.add(passedA);
      productA = passedA.fma(deviationA, productA);
      FloatVector deviationB = load(x, row, LANES).sub(meanB);
      FloatVector codeB = deviationB.fma(scaleB, shiftB).div(range.step);
      FloatVector gradientB = load(gradient, row, LANES);
      FloatVector passedB = passed(codeB, range.lowest, range.highest, gradientB);
      toStep = gradientB.fma(slope(codeB, range), toStep);
      b = b.add(passedB);
      productB = passedB.fma(deviationB, productB);
    }
    a.intoArray(sums.first, sums.index);
    b.intoArray(sums.first, sums.index + LANES);
    productA.intoArray(sums.second, sums.index);
    productB.intoArray(sums.second, sums.index + LANES);
    return toStep.reduceLanes(VectorOperators.ADD);
  }

  /** The slope of xHat by s, for u = v / s. */
  static FloatVector slope(FloatVector u, Codes range) {
    return VectorLoops.round(u)
        .sub(u)
        .blend(range.lowest, u.compare(VectorOperators.LE, range.lowest))
        .blend(range.highest, u.compare(VectorOperators.GE, range.highest));
  }

  /** The gradient where above &lt; v &lt; below, else 0. */
  static FloatVector passed(FloatVector v, float above, float below, FloatVector gradient) {
    FloatVector zero = FloatVector.zero(FLOATS);
    return gradient
        .blend(zero, v.compare(VectorOperators.LE, above))
        .blend(zero, v.compare(VectorOperators.GE, below));
  }

  /** Writes dL/dx. */
  static void gradient(
      ByteBuffer x, ByteBuffer dy, ByteBuffer dx, Gate gate, Slopes slopes, Tile tile) {
    FloatVector meanA = load(gate.affine.mean, tile.channel());
    FloatVector meanB = load(gate.affine.mean, tile.channel() + LANES);
    FloatVector scaleA = load(gate.affine.scale, tile.channel());
    FloatVector scaleB = load(gate.affine.scale, tile.channel() + LANES);
    FloatVector shiftA = load(gate.affine.shift, tile.channel());
    FloatVector shiftB = load(gate.affine.shift, tile.channel() + LANES);
    FloatVector gradientA = load(slopes.ofGradient, tile.channel());
    FloatVector gradientB = load(slopes.ofGradient, tile.channel() + LANES);
    FloatVector inputA = load(slopes.ofInput, tile.channel());
    FloatVector inputB = load(slopes.ofInput, tile.channel() + LANES);
    FloatVector constantA = load(slopes.constant, tile.channel());
    FloatVector constantB = load(slopes.constant, tile.channel() + LANES);
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      FloatVector deviationA = load(x, row, 0).sub(meanA);
      FloatVector deviationB = load(x, row, LANES).sub(meanB);
      FloatVector dvA =
          passed(deviationA.fma(scaleA, shiftA), gate.above, gate.below, load(dy, row, 0));
      FloatVector dvB =
          passed(deviationB.fma(scaleB, shiftB), gate.above, gate.below, load(dy, row, LANES));
      FloatVector dxA = dvA.fma(gradientA, deviationA.fma(inputA, constantA));
      FloatVector dxB = dvB.fma(gradientB, deviationB.fma(inputB, constantB));
      store(dxA, dx, row, 0);
      store(dxB, dx, row, LANES);
    }
  }

  /**
   * Writes dL/dx in blocks of 16 channels.
   *
   * @param image sizes of one; the channels are a multiple of a row
   */
  static void blockedGradient(
      ByteBuffer x,
      ByteBuffer dy,
      ByteBuffer dx,
      Gate gate,
      Slopes slopes,
      Tile tile,
      Image image) {
    FloatVector meanA = load(gate.affine.mean, tile.channel());
    FloatVector meanB = load(gate.affine.mean, tile.channel() + LANES);
    FloatVector scaleA = load(gate.affine.scale, tile.channel());
    FloatVector scaleB = load(gate.affine.scale, tile.channel() + LANES);
    FloatVector shiftA = load(gate.affine.shift, tile.channel());
    FloatVector shiftB = load(gate.affine.shift, tile.channel() + LANES);
    FloatVector gradientA = load(slopes.ofGradient, tile.channel());
    FloatVector gradientB = load(slopes.ofGradient, tile.channel() + LANES);
    FloatVector inputA = load(slopes.ofInput, tile.channel());
    FloatVector inputB = load(slopes.ofInput, tile.channel() + LANES);
    FloatVector constantA = load(slopes.constant, tile.channel());
    FloatVector constantB = load(slopes.constant, tile.channel() + LANES);
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      FloatVector deviationA = load(x, row, 0).sub(meanA);
      FloatVector deviationB = load(x, row, LANES).sub(meanB);
      FloatVector dvA =
          passed(deviationA.fma(scaleA, shiftA), gate.above, gate.below, load(dy, row, 0));
      FloatVector dvB =
          passed(deviationB.fma(scaleB, shiftB), gate.above, gate.below, load(dy, row, LANES));
      FloatVector dxA = dvA.fma(gradientA, deviationA.fma(inputA, constantA));
      FloatVector dxB = dvB.fma(gradientB, deviationB.fma(inputB, constantB));
      int block = image.block(row / tile.stride(), tile.channel() / LANES);
      store(dxA, dx, block, 0);
      store(dxB, dx, block, image.pixels * LANES);
    }
  }

  /** Writes dL/dx as bfloat16 numbers, rounded half to even. */
  static void roundedGradient(
      ByteBuffer x, ByteBuffer dy, ByteBuffer dx, Gate gate, Slopes slopes, Tile tile) {
    FloatVector meanA = load(gate.affine.mean, tile.channel());
    FloatVector meanB = load(gate.affine.mean, tile.channel() + LANES);
    FloatVector scaleA = load(gate.affine.scale, tile.channel());
    FloatVector scaleB = load(gate.affine.scale, tile.channel() + LANES);
    FloatVector shiftA = load(gate.affine.shift, tile.channel());
    FloatVector shiftB = load(gate.affine.shift, tile.channel() + LANES);
    FloatVector gradientA = load(slopes.ofGradient, tile.channel());
    FloatVector gradientB = load(slopes.ofGradient, tile.channel() + LANES);
    FloatVector inputA = load(slopes.ofInput, tile.channel());
    FloatVector inputB = load(slopes.ofInput, tile.channel() + LANES);
    FloatVector constantA = load(slopes.constant, tile.channel());
    FloatVector constantB = load(slopes.constant, tile.channel() + LANES);
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      FloatVector deviationA = load(x, row, 0).sub(meanA);
      FloatVector deviationB = load(x, row, LANES).sub(meanB);
      FloatVector dvA =
          passed(deviationA.fma(scaleA, shiftA), gate.above, gate.below, load(dy, row, 0));
      FloatVector dvB =
          passed(deviationB.fma(scaleB, shiftB), gate.above, gate.below, load(dy, row, LANES));
      FloatVector dxA = dvA.fma(gradientA, deviationA.fma(inputA, constantA));
      FloatVector dxB = dvB.fma(gradientB, deviationB.fma(inputB, constantB));
      round(dxA, dx, row, 0);
      round(dxB, dx, row, LANES);
    }
  }

  private static void round(FloatVector values, ByteBuffer to, int row, int i) {
    IntVector bits = values.reinterpretAsInts();
    IntVector odd = bits.lanewise(VectorOperators.LSHR, DROPPED).and(1);
    IntVector rounded = bits.add(odd).add(ALMOST_HALF).lanewise(VectorOperators.LSHR, DROPPED);
    ((ShortVector) rounded.convertShape(VectorOperators.I2S, SHORTS, 0))
        .intoByteBuffer(to, row / 2 + i * Short.BYTES, ORDER);
  }

  private static FloatVector normalized(
      ByteBuffer x, int row, int i, FloatVector mean, FloatVector scale, FloatVector shift) {
    return load(x, row, i).sub(mean).fma(scale, shift);
  }

  static FloatVector load(float[] values, int index) {
    return FloatVector.fromArray(FLOATS, values, index);
  }

  static FloatVector load(ByteBuffer memory, int row, int i) {
    return FloatVector.fromByteBuffer(FLOATS, memory, row + i * Float.BYTES, ORDER);
  }

  static void store(FloatVector values, ByteBuffer memory, int row, int i) {
    values.intoByteBuffer(memory, row + i * Float.BYTES, ORDER);
  }
}
