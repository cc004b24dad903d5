package org.lsq4j.compute.onednn;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * What a sum y = max(v + other, floor) is to the layers that read it, on tiles of tensors in memory
 * with Java's vector module. Each loop goes over a part of a tile that is in the cache.
 */
final class SumLoops {

  private SumLoops() {}

  /**
   * Where a gradient goes on: to dL/dv where y is above the floor.
   *
   * @param y the sum
   * @param dv dL/dv
   */
  record Gate(ByteBuffer y, ByteBuffer dv, float floor) {}

  /** Uses everything once; throws if this processor or this JDK's module is another. */
  static void probe() {
    int bytes = NormLoops.ROW * Float.BYTES;
    ByteBuffer memory = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    Tile tile = new Tile(0, 1, bytes, 0, Tile.Sequences.ONE);
    Gate gate = new Gate(memory, memory, 0);
    codes(memory, memory, new NormLoops.Codes(1, 0, 1), tile);
    clear(memory, tile);
    pass(gate, memory, tile);
    addPassed(gate, memory, tile);
    addQuantized(gate, memory, new NormLoops.Codes(1, 0, 1), tile);
  }

  /** round(clip(y / s)), a byte each. */
  static void codes(ByteBuffer y, ByteBuffer codes, NormLoops.Codes range, Tile tile) {
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      NormLoops.encode(NormLoops.load(y, row, 0), range, codes, row, 0);
      NormLoops.encode(NormLoops.load(y, row, NormLoops.LANES), range, codes, row, NormLoops.LANES);
    }
  }

  /** Writes zeros. */
  static void clear(ByteBuffer dv, Tile tile) {
    FloatVector zero = FloatVector.zero(NormLoops.FLOATS);
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      NormLoops.store(zero, dv, row, 0);
      NormLoops.store(zero, dv, row, NormLoops.LANES);
    }
  }

  /** Writes what passes of dL/dy. */
  static void pass(Gate gate, ByteBuffer dy, Tile tile) {
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      NormLoops.store(passed(gate, dy, row, 0), gate.dv, row, 0);
      NormLoops.store(passed(gate, dy, row, NormLoops.LANES), gate.dv, row, NormLoops.LANES);
    }
  }

  /** Adds what passes of dL/dy. */
  static void addPassed(Gate gate, ByteBuffer dy, Tile tile) {
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      add(passed(gate, dy, row, 0), gate.dv, row, 0);
      add(passed(gate, dy, row, NormLoops.LANES), gate.dv, row, NormLoops.LANES);
    }
  }

  private static FloatVector passed(Gate gate, ByteBuffer dy, int row, int i) {
    VectorMask<Float> cut = NormLoops.load(gate.y, row, i).compare(VectorOperators.LE, gate.floor);
    return NormLoops.load(dy, row, i).blend(FloatVector.zero(NormLoops.FLOATS), cut);
  }

  private static void add(FloatVector values, ByteBuffer dv, int row, int i) {
    NormLoops.store(NormLoops.load(dv, row, i).add(values), dv, row, i);
  }

  /**
   * Adds what passes of the gradient of a quantized sum.
   *
   * @param gradient dL/dyHat
   * @return dL/ds
   */
  static double addQuantized(Gate gate, ByteBuffer gradient, NormLoops.Codes range, Tile tile) {
    FloatVector sum = FloatVector.zero(NormLoops.FLOATS);
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      sum = plusStep(sum, gate, gradient, range, row);
      sum = plusStep(sum, gate, gradient, range, row + NormLoops.LANES * Float.BYTES);
    }
    return sum.reduceLanes(VectorOperators.ADD);
  }

  private static FloatVector plusStep(
      FloatVector sum, Gate gate, ByteBuffer gradient, NormLoops.Codes range, int at) {
    FloatVector zero = FloatVector.zero(NormLoops.FLOATS);
    FloatVector y = NormLoops.load(gate.y, at, 0);
    FloatVector u = y.div(range.step());
    FloatVector g = NormLoops.load(gradient, at, 0);
    VectorMask<Float> below = u.compare(VectorOperators.LE, range.lowest());
    VectorMask<Float> above = u.compare(VectorOperators.GE, range.highest());
    VectorMask<Float> cut = below.or(above).or(y.compare(VectorOperators.LE, gate.floor));
    FloatVector slope =
        VectorLoops.round(u).sub(u).blend(range.lowest(), below).blend(range.highest(), above);
    add(g.blend(zero, cut), gate.dv, at, 0);
    return g.fma(slope, sum);
  }
}
