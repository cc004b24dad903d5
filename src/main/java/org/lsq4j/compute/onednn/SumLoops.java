package org.lsq4j.compute.onednn;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * What a sum y = max(v + other, floor) is to the layers that read it, on tiles of tensors in memory
 * with Java's vector module. The last loop over a tile or a part of it adds the last gradient, lets
 * pass what the sum's rectifier lets pass, and takes the sums of the batch norm.
 */
final class SumLoops {

  private static final int LANES = NormLoops.LANES;

  private SumLoops() {}

  /**
   * Where a gradient goes on: to dL/dv where y is above the floor, and from there to the sums.
   *
   * @param y the sum
   * @param dv dL/dv
   * @param x what the batch norm reads
   * @param mean of x, at each place of a row
   */
  record Gate(ByteBuffer y, ByteBuffer dv, float floor, ByteBuffer x, float[] mean) {}

  /**
   * A gradient that comes back through a quantizer.
   *
   * @param gradient dL/dyHat
   */
  record Quantized(ByteBuffer gradient, NormLoops.Codes range) {}

  /** Uses everything once; throws if this processor or this JDK's module is another. */
  static void probe() {
    int bytes = NormLoops.ROW * Float.BYTES;
    ByteBuffer memory = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    Tile tile = new Tile(0, 1, bytes, 0, Tile.Sequences.ONE);
    float[] numbers = new float[NormLoops.ROW];
    Gate gate = new Gate(memory, memory, 0, memory, numbers);
    Quantized quantized = new Quantized(memory, new NormLoops.Codes(1, 0, 1));
    NormLoops.Sums sums = new NormLoops.Sums(numbers, numbers, 0);
    codes(memory, memory, quantized.range, tile);
    clear(memory, tile);
    add(memory, memory, memory, tile);
    addQuantized(gate, memory, quantized, tile);
    pass(gate, memory, tile, sums);
    passBoth(gate, memory, memory, tile, sums);
    passQuantized(gate, memory, quantized, tile, sums);
  }

  /** round(clip(y / s)), a byte each. */
  static void codes(ByteBuffer y, ByteBuffer codes, NormLoops.Codes range, Tile tile) {
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      NormLoops.encode(NormLoops.load(y, row, 0), range, codes, row, 0);
      NormLoops.encode(NormLoops.load(y, row, LANES), range, codes, row, LANES);
    }
  }

  /** Writes zeros. */
  static void clear(ByteBuffer to, Tile tile) {
    FloatVector zero = FloatVector.zero(NormLoops.FLOATS);
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      NormLoops.store(zero, to, row, 0);
      NormLoops.store(zero, to, row, LANES);
    }
  }

  /** Writes the sum of two gradients. */
  static void add(ByteBuffer first, ByteBuffer second, ByteBuffer to, Tile tile) {
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      NormLoops.store(both(first, second, row, 0), to, row, 0);
      NormLoops.store(both(first, second, row, LANES), to, row, LANES);
    }
  }

  private static FloatVector both(ByteBuffer first, ByteBuffer second, int row, int i) {
    return NormLoops.load(first, row, i).add(NormLoops.load(second, row, i));
  }

  /**
   * Writes to dL/dv the sum of a gradient and of what a quantizer passes, wherever y is.
   *
   * @return dL/ds
   */
  static double addQuantized(Gate gate, ByteBuffer first, Quantized second, Tile tile) {
    FloatVector toStep = FloatVector.zero(NormLoops.FLOATS);
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      toStep = addQuantized(toStep, gate, first, second, row);
      toStep = addQuantized(toStep, gate, first, second, row + LANES * Float.BYTES);
    }
    return toStep.reduceLanes(VectorOperators.ADD);
  }

  private static FloatVector addQuantized(
      FloatVector toStep, Gate gate, ByteBuffer first, Quantized second, int at) {
    NormLoops.Codes range = second.range;
    FloatVector u = NormLoops.load(gate.y, at, 0).div(range.step());
    FloatVector gradient = NormLoops.load(second.gradient, at, 0);
    FloatVector passed = NormLoops.passed(u, range.lowest(), range.highest(), gradient);
    NormLoops.store(NormLoops.load(first, at, 0).add(passed), gate.dv, at, 0);
    return gradient.fma(NormLoops.slope(u, range), toStep);
  }

  /** Writes what passes of a gradient, and adds to the sums of dL/dv and of dL/dv (x - mean). */
  static void pass(Gate gate, ByteBuffer dy, Tile tile, NormLoops.Sums sums) {
    FloatVector meanA = NormLoops.load(gate.mean, tile.channel());
    FloatVector meanB = NormLoops.load(gate.mean, tile.channel() + LANES);
    FloatVector a = NormLoops.load(sums.first(), sums.index());
    FloatVector b = NormLoops.load(sums.first(), sums.index() + LANES);
    FloatVector productA = NormLoops.load(sums.second(), sums.index());
    FloatVector productB = NormLoops.load(sums.second(), sums.index() + LANES);
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      FloatVector dvA = passed(gate, NormLoops.load(dy, row, 0), row, 0);
      FloatVector dvB = passed(gate, NormLoops.load(dy, row, LANES), row, LANES);
      NormLoops.store(dvA, gate.dv, row, 0);
      NormLoops.store(dvB, gate.dv, row, LANES);
      a = a.add(dvA);
      b = b.add(dvB);
      productA = dvA.fma(NormLoops.load(gate.x, row, 0).sub(meanA), productA);
      productB = dvB.fma(NormLoops.load(gate.x, row, LANES).sub(meanB), productB);
    }
    a.intoArray(sums.first(), sums.index());
    b.intoArray(sums.first(), sums.index() + LANES);
    productA.intoArray(sums.second(), sums.index());
    productB.intoArray(sums.second(), sums.index() + LANES);
  }

  /** Writes what passes of the sum of two gradients, and adds to the same sums. */
  static void passBoth(
      Gate gate, ByteBuffer first, ByteBuffer second, Tile tile, NormLoops.Sums sums) {
    FloatVector meanA = NormLoops.load(gate.mean, tile.channel());
    FloatVector meanB = NormLoops.load(gate.mean, tile.channel() + LANES);
    FloatVector a = NormLoops.load(sums.first(), sums.index());
    FloatVector b = NormLoops.load(sums.first(), sums.index() + LANES);
    FloatVector productA = NormLoops.load(sums.second(), sums.index());
    FloatVector productB = NormLoops.load(sums.second(), sums.index() + LANES);
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      FloatVector dvA = passed(gate, both(first, second, row, 0), row, 0);
      FloatVector dvB = passed(gate, both(first, second, row, LANES), row, LANES);
      NormLoops.store(dvA, gate.dv, row, 0);
      NormLoops.store(dvB, gate.dv, row, LANES);
      a = a.add(dvA);
      b = b.add(dvB);
      productA = dvA.fma(NormLoops.load(gate.x, row, 0).sub(meanA), productA);
      productB = dvB.fma(NormLoops.load(gate.x, row, LANES).sub(meanB), productB);
    }
    a.intoArray(sums.first(), sums.index());
    b.intoArray(sums.first(), sums.index() + LANES);
    productA.intoArray(sums.second(), sums.index());
    productB.intoArray(sums.second(), sums.index() + LANES);
  }

  /**
   * Writes what passes of the sum of a gradient and of what a quantizer passes, and adds to the
   * same sums. With both halves of a row in a turn the loop would be too large for the compiler; so
   * they take turns, and what belongs to them changes places.
   *
   * @return dL/ds
   */
  static double passQuantized(
      Gate gate, ByteBuffer first, Quantized second, Tile tile, NormLoops.Sums sums) {
    NormLoops.Codes range = second.range;
    FloatVector meanA = NormLoops.load(gate.mean, tile.channel());
    FloatVector meanB = NormLoops.load(gate.mean, tile.channel() + LANES);
    FloatVector a = NormLoops.load(sums.first(), sums.index());
    FloatVector b = NormLoops.load(sums.first(), sums.index() + LANES);
    FloatVector productA = NormLoops.load(sums.second(), sums.index());
    FloatVector productB = NormLoops.load(sums.second(), sums.index() + LANES);
    FloatVector toStep = FloatVector.zero(NormLoops.FLOATS);
    for (int half = 0; half < 2 * tile.rows(); half++) {
      int at = tile.row(half >> 1) + (half & 1) * LANES * Float.BYTES;
      FloatVector y = NormLoops.load(gate.y, at, 0);
      FloatVector u = y.div(range.step());
      FloatVector gradient = NormLoops.load(second.gradient, at, 0);
      toStep = gradient.fma(NormLoops.slope(u, range), toStep);
      FloatVector quantized = NormLoops.passed(u, range.lowest(), range.highest(), gradient);
      FloatVector dv = where(y, gate.floor, NormLoops.load(first, at, 0).add(quantized));
      NormLoops.store(dv, gate.dv, at, 0);
      FloatVector sum = a.add(dv);
      FloatVector product = dv.fma(NormLoops.load(gate.x, at, 0).sub(meanA), productA);
      FloatVector mean = meanA;
      a = b;
      productA = productB;
      meanA = meanB;
      b = sum;
      productB = product;
      meanB = mean;
    }
    a.intoArray(sums.first(), sums.index());
    b.intoArray(sums.first(), sums.index() + LANES);
    productA.intoArray(sums.second(), sums.index());
    productB.intoArray(sums.second(), sums.index() + LANES);
    return toStep.reduceLanes(VectorOperators.ADD);
  }

  private static FloatVector passed(Gate gate, FloatVector gradient, int row, int i) {
    return where(NormLoops.load(gate.y, row, i), gate.floor, gradient);
  }

  /** The gradient where y is above the floor, else 0. */
  private static FloatVector where(FloatVector y, float floor, FloatVector gradient) {
    FloatVector zero = FloatVector.zero(NormLoops.FLOATS);
    return gradient.blend(zero, y.compare(VectorOperators.LE, floor));
  }
}
