package org.lsq4j.compute.onednn;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The equations of a batch norm with a rectifier, y = max(v, floor), on tiles of tensors in memory
 * with Java's vector module; see {@link NormLoops}. What the rectifier passed is found out again
 * from x, which is read anyway.
 */
final class RectifiedLoops {

  private static final int LANES = NormLoops.LANES;

  private RectifiedLoops() {}

  /** Uses everything once; throws if this processor or this JDK's module is another. */
  static void probe() {
    int bytes = NormLoops.ROW * Float.BYTES;
    ByteBuffer memory = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    Tile tile = new Tile(0, 1, bytes, 0, Tile.Sequences.ONE);
    float[] ones = new float[NormLoops.ROW];
    NormLoops.Gate gate = NormLoops.Gate.open(new NormLoops.Affine(ones, ones, ones));
    rectify(memory, memory, gate, tile);
    float[] sums = new float[NormLoops.ROW];
    sums(memory, memory, gate, tile, new NormLoops.Sums(sums, sums, 0));
  }

  /** y = max(v, floor). */
  static void rectify(ByteBuffer x, ByteBuffer y, NormLoops.Gate gate, Tile tile) {
    FloatVector meanA = NormLoops.load(gate.affine().mean(), tile.channel());
    FloatVector meanB = NormLoops.load(gate.affine().mean(), tile.channel() + LANES);
    FloatVector scaleA = NormLoops.load(gate.affine().scale(), tile.channel());
    FloatVector scaleB = NormLoops.load(gate.affine().scale(), tile.channel() + LANES);
    FloatVector shiftA = NormLoops.load(gate.affine().shift(), tile.channel());
    FloatVector shiftB = NormLoops.load(gate.affine().shift(), tile.channel() + LANES);
    float floor = gate.above();
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      FloatVector a = NormLoops.load(x, row, 0).sub(meanA).fma(scaleA, shiftA);
      FloatVector b = NormLoops.load(x, row, LANES).sub(meanB).fma(scaleB, shiftB);
      // Not max: NaN is to be seen.
      NormLoops.store(a.blend(floor, a.compare(VectorOperators.LT, floor)), y, row, 0);
      NormLoops.store(b.blend(floor, b.compare(VectorOperators.LT, floor)), y, row, LANES);
    }
  }

  /** Adds to the sums of dL/dv and of dL/dv (x - mean). */
  static void sums(
      ByteBuffer x, ByteBuffer dy, NormLoops.Gate gate, Tile tile, NormLoops.Sums sums) {
    FloatVector meanA = NormLoops.load(gate.affine().mean(), tile.channel());
    FloatVector meanB = NormLoops.load(gate.affine().mean(), tile.channel() + LANES);
    FloatVector scaleA = NormLoops.load(gate.affine().scale(), tile.channel());
    FloatVector scaleB = NormLoops.load(gate.affine().scale(), tile.channel() + LANES);
    FloatVector shiftA = NormLoops.load(gate.affine().shift(), tile.channel());
    FloatVector shiftB = NormLoops.load(gate.affine().shift(), tile.channel() + LANES);
    FloatVector a = NormLoops.load(sums.first(), sums.index());
    FloatVector b = NormLoops.load(sums.first(), sums.index() + LANES);
    FloatVector productA = NormLoops.load(sums.second(), sums.index());
    FloatVector productB = NormLoops.load(sums.second(), sums.index() + LANES);
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      FloatVector deviationA = NormLoops.load(x, row, 0).sub(meanA);
      FloatVector deviationB = NormLoops.load(x, row, LANES).sub(meanB);
      FloatVector gradientA =
          passed(gate, deviationA.fma(scaleA, shiftA), NormLoops.load(dy, row, 0));
      FloatVector gradientB =
          passed(gate, deviationB.fma(scaleB, shiftB), NormLoops.load(dy, row, LANES));
      a = a.add(gradientA);
      b = b.add(gradientB);
      productA = gradientA.fma(deviationA, productA);
      productB = gradientB.fma(deviationB, productB);
    }
    a.intoArray(sums.first(), sums.index());
    b.intoArray(sums.first(), sums.index() + LANES);
    productA.intoArray(sums.second(), sums.index());
    productB.intoArray(sums.second(), sums.index() + LANES);
  }

  private static FloatVector passed(NormLoops.Gate gate, FloatVector v, FloatVector gradient) {
    return NormLoops.passed(v, gate.above(), gate.below(), gradient);
  }
}
