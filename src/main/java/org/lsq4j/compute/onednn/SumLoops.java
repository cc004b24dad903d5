package org.lsq4j.compute.onednn;

import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * What a sum y = max(v + other, floor) is to the layers that read it, on tiles of tensors in memory
 * with Java's vector module. The last loop over a tile or a part of it adds the last gradient, lets
 * pass what the sum's rectifier lets pass, and takes the sums of the batch norm.
 */
final class SumLoops {

  private SumLoops() {}

  /**
   * Where a gradient goes on: to dL/dv where y is above the floor, and from there to the sums.
   *
   * @param y the sum
   * @param dv dL/dv
   * @param x what the batch norm reads
   * @param mean of x, at each place of all columns' rows
   */
  record Gate(ByteBuffer y, ByteBuffer dv, float floor, ByteBuffer x, float[] mean) {

    /** x - mean. */
    FloatVector deviation(int at, int channel) {
      return NormLoops.load(x, at).sub(NormLoops.load(mean, channel));
    }

    /** The gradient where y is above the floor, else 0. */
    FloatVector passed(FloatVector sum, FloatVector gradient) {
      FloatVector zero = FloatVector.zero(NormLoops.FLOATS);
      return gradient.blend(zero, sum.compare(VectorOperators.LE, floor));
    }

    /** The same of the sum at a place. */
    FloatVector passed(int at, FloatVector gradient) {
      return passed(NormLoops.load(y, at), gradient);
    }
  }

  /**
   * A gradient that comes back through a quantizer.
   *
   * @param gradient dL/dyHat
   */
  record Quantized(ByteBuffer gradient, NormLoops.Codes range) {}

  /** Uses everything once; throws if this processor or this JDK's module is another. */
  static void probe() {
    Tile tile = NormLoops.smallestTile();
    ByteBuffer memory = NormLoops.memoryOf(tile);
    float[] numbers = new float[tile.width()];
    Gate gate = new Gate(memory, memory, 0, memory, numbers);
    Quantized quantized = new Quantized(memory, new NormLoops.Codes(1, 0, 1));
    NormLoops.Sums sums = new NormLoops.Sums(numbers, numbers);
    codes(memory, memory, quantized.range, tile);
    clear(memory, tile);
    add(memory, memory, memory, tile);
    addQuantized(gate, memory, quantized, tile);
    passQuantized(gate, memory, quantized, tile, sums);
  }

  /** round(clip(y / s)), a byte each. */
  static void codes(ByteBuffer y, ByteBuffer codes, NormLoops.Codes range, Tile tile) {
    int row = 0;
    int place = 0;
    int at = tile.row(row);
    for (int i = 0; i < tile.vectors(); i++) {
      NormLoops.encode(NormLoops.load(y, at), range, codes, at);
      place = tile.next(place);
      at = place == 0 ? tile.row(++row) : at + Tile.VECTOR;
    }
  }

  /** Writes zeros. */
  static void clear(ByteBuffer to, Tile tile) {
    FloatVector zero = FloatVector.zero(NormLoops.FLOATS);
    int row = 0;
    int place = 0;
    int at = tile.row(row);
    for (int i = 0; i < tile.vectors(); i++) {
      NormLoops.store(zero, to, at);
      place = tile.next(place);
      at = place == 0 ? tile.row(++row) : at + Tile.VECTOR;
    }
  }

  /** Writes the sum of two gradients. */
  static void add(ByteBuffer first, ByteBuffer second, ByteBuffer to, Tile tile) {
    int row = 0;
    int place = 0;
    int at = tile.row(row);
    for (int i = 0; i < tile.vectors(); i++) {
      NormLoops.store(NormLoops.load(first, at).add(NormLoops.load(second, at)), to, at);
      place = tile.next(place);
      at = place == 0 ? tile.row(++row) : at + Tile.VECTOR;
    }
  }

  /**
   * Writes to dL/dv the sum of a gradient and of what a quantizer passes, wherever y is.
   *
   * @return dL/ds
   */
  static double addQuantized(Gate gate, ByteBuffer first, Quantized second, Tile tile) {
    NormLoops.Codes range = second.range;
    FloatVector toStep = FloatVector.zero(NormLoops.FLOATS);
    int row = 0;
    int place = 0;
    int at = tile.row(row);
    for (int i = 0; i < tile.vectors(); i++) {
      FloatVector u = NormLoops.load(gate.y, at).div(range.step());
      FloatVector gradient = NormLoops.load(second.gradient, at);
      toStep = gradient.fma(NormLoops.slope(u, range), toStep);
      FloatVector quantized = NormLoops.passed(u, range.lowest(), range.highest(), gradient);
      NormLoops.store(NormLoops.load(first, at).add(quantized), gate.dv, at);
      place = tile.next(place);
      at = place == 0 ? tile.row(++row) : at + Tile.VECTOR;
    }
    return toStep.reduceLanes(VectorOperators.ADD);
  }

  /**
   * Writes what passes of the sum of a gradient and of what a quantizer passes, and adds to the
   * sums of dL/dv and of dL/dv (x - mean), as {@link NormLoops#passBoth} does.
   *
   * @return dL/ds
   */
  static double passQuantized(
      Gate gate, ByteBuffer first, Quantized second, Tile tile, NormLoops.Sums sums) {
    NormLoops.Codes range = second.range;
    FloatVector toStep = FloatVector.zero(NormLoops.FLOATS);
    int row = 0;
    int place = 0;
    int at = tile.row(row);
    for (int i = 0; i < tile.vectors(); i++) {
      FloatVector y = NormLoops.load(gate.y, at);
      FloatVector u = y.div(range.step());
      FloatVector gradient = NormLoops.load(second.gradient, at);
      toStep = gradient.fma(NormLoops.slope(u, range), toStep);
      FloatVector quantized = NormLoops.passed(u, range.lowest(), range.highest(), gradient);
      FloatVector dv = gate.passed(y, NormLoops.load(first, at).add(quantized));
      NormLoops.store(dv, gate.dv, at);
      sums.add(dv, gate.deviation(at, tile.channel() + place), place);
      place = tile.next(place);
      at = place == 0 ? tile.row(++row) : at + Tile.VECTOR;
    }
    return toStep.reduceLanes(VectorOperators.ADD);
  }
}
