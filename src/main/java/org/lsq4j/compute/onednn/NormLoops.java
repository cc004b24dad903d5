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
 * <p>What belongs to a channel is repeated in arrays as often as it occurs in a {@link Tile}'s row.
 * Loops that differ in what they write only are written out: if they are too large, the compiler
 * does not keep all vectors out of objects.
 */
abstract class NormLoops {

  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_512;
  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_128;
  private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_256;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  static final int LANES = 16;

  /** Bits of a float that a bfloat16 number lacks. */
  private static final int DROPPED = 16;

  /** Rows that tell about where a channel's mean is. */
  static final int SAMPLE = 64;

  private static final int ALMOST_HALF = 0x7fff;

  private static final NormLoops NARROW = new NarrowNormLoops();
  private static final NormLoops WIDE = new WideNormLoops();

  /** v = (x - mean) scale + shift for each channel. */
  record Affine(float[] mean, float[] scale, float[] shift) {

    /** x - mean. */
    FloatVector deviation(ByteBuffer x, int at, int channel) {
      return load(x, at).sub(load(mean, channel));
    }

    /** v of x - mean. */
    FloatVector normalized(FloatVector deviation, int channel) {
      return deviation.fma(load(scale, channel), load(shift, channel));
    }

    /** v. */
    FloatVector normalized(ByteBuffer x, int at, int channel) {
      return normalized(deviation(x, at, channel), channel);
    }
  }

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
  record Addition(ByteBuffer other, ByteBuffer y, float floor) {

    FloatVector raised(FloatVector v, int at) {
      FloatVector sum = v.add(load(other, at));
      // Not max: NaN is to be seen.
      return sum.blend(floor, sum.compare(VectorOperators.LT, floor));
    }
  }

  /** Two sums over a tile's rows, for each place in a row. */
  record Sums(float[] first, float[] second) {

    /** Adds dL/dv and dL/dv (x - mean). */
    void add(FloatVector dv, FloatVector deviation, int place) {
      load(first, place).add(dv).intoArray(first, place);
      dv.fma(deviation, load(second, place)).intoArray(second, place);
    }
  }

  /**
   * Where a gradient goes on: dL/dv is what came back where above &lt; v &lt; below, else 0.
   *
   * @param affine makes v of x
   */
  record Gate(Affine affine, float above, float below) {

    /** dL/dv of what came back, for x - mean. */
    FloatVector passed(FloatVector deviation, FloatVector gradient, int channel) {
      return NormLoops.passed(affine.normalized(deviation, channel), above, below, gradient);
    }

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
  record Slopes(float[] ofGradient, float[] ofInput, float[] constant) {

    FloatVector apply(FloatVector dv, FloatVector deviation, int channel) {
      FloatVector rest = deviation.fma(load(ofInput, channel), load(constant, channel));
      return dv.fma(load(ofGradient, channel), rest);
    }
  }

  /**
   * Sizes of an image.
   *
   * @param pixels of one
   * @param blocks of 16 channels
   */
  record Image(int pixels, int blocks) {

    /** The place in a tensor's bytes of a block of a pixel, where blocks are stored one by one. */
    int block(int pixel, int block) {
      int image = pixel / pixels;
      return (pixel + pixels * (image * (blocks - 1) + block)) * LANES * Float.BYTES;
    }
  }

  /** The loops for tiles of one width. */
  static NormLoops of(TensorTiles tiles) {
    return tiles.width() == TensorTiles.LEAST_WIDTH ? NARROW : WIDE;
  }

  /** Uses everything once; throws if this processor or this JDK's module is another. */
  static void probe() {
    if (FloatVector.SPECIES_PREFERRED.length() < LANES) {
      throw new UnsupportedOperationException("vectors are shorter than " + LANES + " floats");
    }
    NARROW.tryAll();
    WIDE.tryAll();
    SumLoops.probe();
  }

  private void tryAll() {
    Tile tile = smallestTile();
    ByteBuffer memory = memoryOf(tile);
    float[] ones = new float[tile.width()];
    Affine affine = new Affine(ones, ones, ones);
    Codes range = new Codes(1, 0, 1);
    Sums sums = new Sums(new float[tile.width()], new float[tile.width()]);
    Addition sum = new Addition(memory, memory, 0);
    Gate gate = Gate.open(affine);
    Slopes slopes = new Slopes(ones, ones, ones);
    moments(memory, tile, sums);
    rectify(memory, memory, gate, tile);
    codes(memory, memory, affine, range, tile);
    add(memory, sum, affine, tile);
    addAndEncode(memory, sum, memory, affine, range, tile);
    sums(memory, memory, gate, tile, sums);
    sumsOfCodes(memory, memory, affine, range, tile, sums);
    SumLoops.Gate ofSum = new SumLoops.Gate(memory, memory, 0, memory, ones);
    pass(ofSum, memory, tile, sums);
    passBoth(ofSum, memory, memory, tile, sums);
    gradient(memory, memory, memory, gate, slopes, tile);
    roundedGradient(memory, memory, memory, gate, slopes, tile);
    blockedGradient(memory, memory, memory, gate, slopes, tile, new Image(1, 2));
  }

  /** A row of the smallest width. */
  static Tile smallestTile() {
    return new Tile(0, 1, TensorTiles.LEAST_WIDTH, 0, Tile.Sequences.ONE);
  }

  /** Zeros for a tensor of one tile. */
  static ByteBuffer memoryOf(Tile tile) {
    return ByteBuffer.allocateDirect(tile.vectors() * Tile.VECTOR).order(ORDER);
  }

  /**
   * The mean and the sum of squared deviations from it, in one pass: sums of deviations from the
   * mean of the first rows are corrected. With m of n rows that is at most sqrt(n / m) standard
   * deviations from the mean, so that few digits are lost.
   *
   * @param sums 0 in the beginning
   */
  abstract void moments(ByteBuffer x, Tile tile, Sums sums);

  /** y = max(v, floor). What passed is found out again from x, which is read anyway. */
  abstract void rectify(ByteBuffer x, ByteBuffer y, Gate gate, Tile tile);

  /** round(clip(v / s)), a byte each. */
  abstract void codes(ByteBuffer x, ByteBuffer codes, Affine affine, Codes range, Tile tile);

  /** y = max(v + other, floor). */
  abstract void add(ByteBuffer x, Addition sum, Affine affine, Tile tile);

  /** y = max(v + other, floor), and round(clip(y / s)), a byte each. */
  abstract void addAndEncode(
      ByteBuffer x, Addition sum, ByteBuffer codes, Affine affine, Codes range, Tile tile);

  /** Adds to the sums of dL/dv and of dL/dv (x - mean). */
  abstract void sums(ByteBuffer x, ByteBuffer dy, Gate gate, Tile tile, Sums sums);

  /**
   * Adds to the sums of dL/dv and of dL/dv (x - mean) for v that is quantized.
   *
   * @param gradient dL/dxHat
   * @return dL/ds
   */
  abstract double sumsOfCodes(
      ByteBuffer x, ByteBuffer gradient, Affine affine, Codes range, Tile tile, Sums sums);

  /**
   * Writes what passes of the gradient of a sum, and adds to the sums of dL/dv and of dL/dv (x -
   * mean).
   */
  abstract void pass(SumLoops.Gate gate, ByteBuffer dy, Tile tile, Sums sums);

  /** The same for the sum of two gradients. */
  abstract void passBoth(
      SumLoops.Gate gate, ByteBuffer first, ByteBuffer second, Tile tile, Sums sums);

  /** Writes dL/dx. */
  abstract void gradient(
      ByteBuffer x, ByteBuffer dy, ByteBuffer dx, Gate gate, Slopes slopes, Tile tile);

  /**
   * Writes dL/dx in blocks of 16 channels.
   *
   * @param image sizes of one; a row is one of its pixels
   */
  abstract void blockedGradient(
      ByteBuffer x, ByteBuffer dy, ByteBuffer dx, Gate gate, Slopes slopes, Tile tile, Image image);

  /** Writes dL/dx as bfloat16 numbers, rounded half to even. */
  abstract void roundedGradient(
      ByteBuffer x, ByteBuffer dy, ByteBuffer dx, Gate gate, Slopes slopes, Tile tile);

  static void encode(FloatVector v, Codes range, ByteBuffer codes, int at) {
    // The sum's lowest bits are the rounded number, and sums are in the order of their bits.
    IntVector bits = v.div(range.step).add(QuantizeLoops.ROUND).reinterpretAsInts();
    IntVector clipped = bits.max(bits(range.lowest)).min(bits(range.highest));
    ((ByteVector) clipped.convertShape(VectorOperators.I2B, BYTES, 0))
        .intoByteBuffer(codes, at / Float.BYTES, ORDER);
  }

  private static int bits(float code) {
    return Float.floatToRawIntBits(code + QuantizeLoops.ROUND);
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

  static void round(FloatVector values, ByteBuffer to, int at) {
    IntVector bits = values.reinterpretAsInts();
    IntVector odd = bits.lanewise(VectorOperators.LSHR, DROPPED).and(1);
    IntVector rounded = bits.add(odd).add(ALMOST_HALF).lanewise(VectorOperators.LSHR, DROPPED);
    ((ShortVector) rounded.convertShape(VectorOperators.I2S, SHORTS, 0))
        .intoByteBuffer(to, at / 2, ORDER);
  }

  static FloatVector load(float[] values, int index) {
    return FloatVector.fromArray(FLOATS, values, index);
  }

  static FloatVector load(ByteBuffer memory, int at) {
    return FloatVector.fromByteBuffer(FLOATS, memory, at, ORDER);
  }

  static void store(FloatVector values, ByteBuffer memory, int at) {
    values.intoByteBuffer(memory, at, ORDER);
  }
}
