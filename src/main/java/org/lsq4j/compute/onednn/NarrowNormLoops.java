package org.lsq4j.compute.onednn;

import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Loops over rows of 32 floats. A row is two vectors, A and B, and what belongs to a channel stays
 * in registers: with few tensors, loading and storing it for each vector takes up to half longer.
 *
 * <p>Numbers are read from records before the loops, not in them: the largest loop, that of rounded
 * gradients, is then just small enough for the compiler, and takes three times as long otherwise.
 */
final class NarrowNormLoops extends NormLoops {

  @Override
  void moments(ByteBuffer x, Tile tile, Sums sums) {
    int sample = Math.min(SAMPLE, tile.rows());
    FloatVector a = FloatVector.zero(FLOATS);
    FloatVector b = FloatVector.zero(FLOATS);
    for (int i = 0; i < sample; i++) {
      int row = tile.row(i);
      int rowB = row + Tile.VECTOR;
      a = a.add(load(x, row));
      b = b.add(load(x, rowB));
    }
    FloatVector nearA = a.div(sample);
    FloatVector nearB = b.div(sample);
    FloatVector squaresA = FloatVector.zero(FLOATS);
    FloatVector squaresB = FloatVector.zero(FLOATS);
    a = FloatVector.zero(FLOATS);
    b = FloatVector.zero(FLOATS);
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      int rowB = row + Tile.VECTOR;
      FloatVector deviationA = load(x, row).sub(nearA);
      FloatVector deviationB = load(x, rowB).sub(nearB);
      a = a.add(deviationA);
      b = b.add(deviationB);
      squaresA = deviationA.fma(deviationA, squaresA);
      squaresB = deviationB.fma(deviationB, squaresB);
    }
    FloatVector offA = a.div(tile.rows());
    FloatVector offB = b.div(tile.rows());
    nearA.add(offA).intoArray(sums.first(), 0);
    nearB.add(offB).intoArray(sums.first(), LANES);
    squaresA.sub(a.mul(offA)).intoArray(sums.second(), 0);
    squaresB.sub(b.mul(offB)).intoArray(sums.second(), LANES);
  }

  @Override
  void addAndEncode(
      ByteBuffer x, Addition sum, ByteBuffer codes, Affine affine, Codes range, Tile tile) {
    int channel = tile.channel();
    FloatVector meanA = load(affine.mean(), channel);
    FloatVector meanB = load(affine.mean(), channel + LANES);
    FloatVector scaleA = load(affine.scale(), channel);
    FloatVector scaleB = load(affine.scale(), channel + LANES);
    FloatVector shiftA = load(affine.shift(), channel);
    FloatVector shiftB = load(affine.shift(), channel + LANES);
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      int rowB = row + Tile.VECTOR;
      FloatVector a = sum.raised(load(x, row).sub(meanA).fma(scaleA, shiftA), row);
      FloatVector b = sum.raised(load(x, rowB).sub(meanB).fma(scaleB, shiftB), rowB);
      store(a, sum.y(), row);
      store(b, sum.y(), rowB);
      encode(a, range, codes, row);
      encode(b, range, codes, rowB);
    }
  }

  @Override
  void codes(ByteBuffer x, ByteBuffer codes, Affine affine, Codes range, Tile tile) {
    int channel = tile.channel();
    FloatVector meanA = load(affine.mean(), channel);
    FloatVector meanB = load(affine.mean(), channel + LANES);
    FloatVector scaleA = load(affine.scale(), channel);
    FloatVector scaleB = load(affine.scale(), channel + LANES);
    FloatVector shiftA = load(affine.shift(), channel);
    FloatVector shiftB = load(affine.shift(), channel + LANES);
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      int rowB = row + Tile.VECTOR;
      encode(load(x, row).sub(meanA).fma(scaleA, shiftA), range, codes, row);
      encode(load(x, rowB).sub(meanB).fma(scaleB, shiftB), range, codes, rowB);
    }
  }

  @Override
  double sumsOfCodes(
      ByteBuffer x, ByteBuffer gradient, Affine affine, Codes range, Tile tile, Sums sums) {
    int channel = tile.channel();
    FloatVector meanA = load(affine.mean(), channel);
    FloatVector meanB = load(affine.mean(), channel + LANES);
    FloatVector scaleA = load(affine.scale(), channel);
    FloatVector scaleB = load(affine.scale(), channel + LANES);
    FloatVector shiftA = load(affine.shift(), channel);
    FloatVector shiftB = load(affine.shift(), channel + LANES);
    FloatVector a = load(sums.first(), 0);
    FloatVector b = load(sums.first(), LANES);
    FloatVector productA = load(sums.second(), 0);
    FloatVector productB = load(sums.second(), LANES);
    FloatVector toStep = FloatVector.zero(FLOATS);
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      int rowB = row + Tile.VECTOR;
      FloatVector deviationA = load(x, row).sub(meanA);
      FloatVector codeA = deviationA.fma(scaleA, shiftA).div(range.step());
      FloatVector gradientA = load(gradient, row);
      FloatVector passedA = passed(codeA, range.lowest(), range.highest(), gradientA);
      toStep = gradientA.fma(slope(codeA, range), toStep);
      a = a.add(passedA);
      productA = passedA.fma(deviationA, productA);
      FloatVector deviationB = load(x, rowB).sub(meanB);
      FloatVector codeB = deviationB.fma(scaleB, shiftB).div(range.step());
      FloatVector gradientB = load(gradient, rowB);
      FloatVector passedB = passed(codeB, range.lowest(), range.highest(), gradientB);
      toStep = gradientB.fma(slope(codeB, range), toStep);
      b = b.add(passedB);
      productB = passedB.fma(deviationB, productB);
    }
    a.intoArray(sums.first(), 0);
    b.intoArray(sums.first(), LANES);
    productA.intoArray(sums.second(), 0);
    productB.intoArray(sums.second(), LANES);
    return toStep.reduceLanes(VectorOperators.ADD);
  }

  @Override
  void gradient(ByteBuffer x, ByteBuffer dy, ByteBuffer dx, Gate gate, Slopes slopes, Tile tile) {
    int channel = tile.channel();
    Affine affine = gate.affine();
    FloatVector meanA = load(affine.mean(), channel);
    FloatVector meanB = load(affine.mean(), channel + LANES);
    FloatVector scaleA = load(affine.scale(), channel);
    FloatVector scaleB = load(affine.scale(), channel + LANES);
    FloatVector shiftA = load(affine.shift(), channel);
    FloatVector shiftB = load(affine.shift(), channel + LANES);
    FloatVector gradientA = load(slopes.ofGradient(), channel);
    FloatVector gradientB = load(slopes.ofGradient(), channel + LANES);
    FloatVector inputA = load(slopes.ofInput(), channel);
    FloatVector inputB = load(slopes.ofInput(), channel + LANES);
    FloatVector constantA = load(slopes.constant(), channel);
    FloatVector constantB = load(slopes.constant(), channel + LANES);
    float above = gate.above();
    float below = gate.below();
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      int rowB = row + Tile.VECTOR;
      FloatVector deviationA = load(x, row).sub(meanA);
      FloatVector deviationB = load(x, rowB).sub(meanB);
      FloatVector dvA = passed(deviationA.fma(scaleA, shiftA), above, below, load(dy, row));
      FloatVector dvB = passed(deviationB.fma(scaleB, shiftB), above, below, load(dy, rowB));
      FloatVector dxA = dvA.fma(gradientA, deviationA.fma(inputA, constantA));
      FloatVector dxB = dvB.fma(gradientB, deviationB.fma(inputB, constantB));
      store(dxA, dx, row);
      store(dxB, dx, rowB);
    }
  }

  @Override
  void blockedGradient(
      ByteBuffer x,
      ByteBuffer dy,
      ByteBuffer dx,
      Gate gate,
      Slopes slopes,
      Tile tile,
      Image image) {
    int channel = tile.channel();
    Affine affine = gate.affine();
    FloatVector meanA = load(affine.mean(), channel);
    FloatVector meanB = load(affine.mean(), channel + LANES);
    FloatVector scaleA = load(affine.scale(), channel);
    FloatVector scaleB = load(affine.scale(), channel + LANES);
    FloatVector shiftA = load(affine.shift(), channel);
    FloatVector shiftB = load(affine.shift(), channel + LANES);
    FloatVector gradientA = load(slopes.ofGradient(), channel);
    FloatVector gradientB = load(slopes.ofGradient(), channel + LANES);
    FloatVector inputA = load(slopes.ofInput(), channel);
    FloatVector inputB = load(slopes.ofInput(), channel + LANES);
    FloatVector constantA = load(slopes.constant(), channel);
    FloatVector constantB = load(slopes.constant(), channel + LANES);
    float above = gate.above();
    float below = gate.below();
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      int rowB = row + Tile.VECTOR;
      FloatVector deviationA = load(x, row).sub(meanA);
      FloatVector deviationB = load(x, rowB).sub(meanB);
      FloatVector dvA = passed(deviationA.fma(scaleA, shiftA), above, below, load(dy, row));
      FloatVector dvB = passed(deviationB.fma(scaleB, shiftB), above, below, load(dy, rowB));
      FloatVector dxA = dvA.fma(gradientA, deviationA.fma(inputA, constantA));
      FloatVector dxB = dvB.fma(gradientB, deviationB.fma(inputB, constantB));
      int pixel = row / (tile.width() * Float.BYTES);
      store(dxA, dx, image.block(pixel, 0));
      store(dxB, dx, image.block(pixel, 1));
    }
  }

  @Override
  void roundedGradient(
      ByteBuffer x, ByteBuffer dy, ByteBuffer dx, Gate gate, Slopes slopes, Tile tile) {
    int channel = tile.channel();
    Affine affine = gate.affine();
    FloatVector meanA = load(affine.mean(), channel);
    FloatVector meanB = load(affine.mean(), channel + LANES);
    FloatVector scaleA = load(affine.scale(), channel);
    FloatVector scaleB = load(affine.scale(), channel + LANES);
    FloatVector shiftA = load(affine.shift(), channel);
    FloatVector shiftB = load(affine.shift(), channel + LANES);
    FloatVector gradientA = load(slopes.ofGradient(), channel);
    FloatVector gradientB = load(slopes.ofGradient(), channel + LANES);
    FloatVector inputA = load(slopes.ofInput(), channel);
    FloatVector inputB = load(slopes.ofInput(), channel + LANES);
    FloatVector constantA = load(slopes.constant(), channel);
    FloatVector constantB = load(slopes.constant(), channel + LANES);
    float above = gate.above();
    float below = gate.below();
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      int rowB = row + Tile.VECTOR;
      FloatVector deviationA = load(x, row).sub(meanA);
      FloatVector deviationB = load(x, rowB).sub(meanB);
      FloatVector dvA = passed(deviationA.fma(scaleA, shiftA), above, below, load(dy, row));
      FloatVector dvB = passed(deviationB.fma(scaleB, shiftB), above, below, load(dy, rowB));
      FloatVector dxA = dvA.fma(gradientA, deviationA.fma(inputA, constantA));
      FloatVector dxB = dvB.fma(gradientB, deviationB.fma(inputB, constantB));
      round(dxA, dx, row);
      round(dxB, dx, rowB);
    }
  }

  @Override
  void rectify(ByteBuffer x, ByteBuffer y, Gate gate, Tile tile) {
    int channel = tile.channel();
    Affine affine = gate.affine();
    FloatVector meanA = load(affine.mean(), channel);
    FloatVector meanB = load(affine.mean(), channel + LANES);
    FloatVector scaleA = load(affine.scale(), channel);
    FloatVector scaleB = load(affine.scale(), channel + LANES);
    FloatVector shiftA = load(affine.shift(), channel);
    FloatVector shiftB = load(affine.shift(), channel + LANES);
    float floor = gate.above();
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      int rowB = row + Tile.VECTOR;
      FloatVector a = load(x, row).sub(meanA).fma(scaleA, shiftA);
      FloatVector b = load(x, rowB).sub(meanB).fma(scaleB, shiftB);
      // Not max: NaN is to be seen.
      store(a.blend(floor, a.compare(VectorOperators.LT, floor)), y, row);
      store(b.blend(floor, b.compare(VectorOperators.LT, floor)), y, rowB);
    }
  }

  @Override
  void sums(ByteBuffer x, ByteBuffer dy, Gate gate, Tile tile, Sums sums) {
    int channel = tile.channel();
    Affine affine = gate.affine();
    FloatVector meanA = load(affine.mean(), channel);
    FloatVector meanB = load(affine.mean(), channel + LANES);
    FloatVector scaleA = load(affine.scale(), channel);
    FloatVector scaleB = load(affine.scale(), channel + LANES);
    FloatVector shiftA = load(affine.shift(), channel);
    FloatVector shiftB = load(affine.shift(), channel + LANES);
    FloatVector a = load(sums.first(), 0);
    FloatVector b = load(sums.first(), LANES);
    FloatVector productA = load(sums.second(), 0);
    FloatVector productB = load(sums.second(), LANES);
    float above = gate.above();
    float below = gate.below();
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      int rowB = row + Tile.VECTOR;
      FloatVector deviationA = load(x, row).sub(meanA);
      FloatVector deviationB = load(x, rowB).sub(meanB);
      FloatVector gradientA = passed(deviationA.fma(scaleA, shiftA), above, below, load(dy, row));
      FloatVector gradientB = passed(deviationB.fma(scaleB, shiftB), above, below, load(dy, rowB));
      a = a.add(gradientA);
      b = b.add(gradientB);
      productA = gradientA.fma(deviationA, productA);
      productB = gradientB.fma(deviationB, productB);
    }
    a.intoArray(sums.first(), 0);
    b.intoArray(sums.first(), LANES);
    productA.intoArray(sums.second(), 0);
    productB.intoArray(sums.second(), LANES);
  }

  @Override
  void add(ByteBuffer x, Addition sum, Affine affine, Tile tile) {
    int channel = tile.channel();
    FloatVector meanA = load(affine.mean(), channel);
    FloatVector meanB = load(affine.mean(), channel + LANES);
    FloatVector scaleA = load(affine.scale(), channel);
    FloatVector scaleB = load(affine.scale(), channel + LANES);
    FloatVector shiftA = load(affine.shift(), channel);
    FloatVector shiftB = load(affine.shift(), channel + LANES);
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      int rowB = row + Tile.VECTOR;
      store(sum.raised(load(x, row).sub(meanA).fma(scaleA, shiftA), row), sum.y(), row);
      store(sum.raised(load(x, rowB).sub(meanB).fma(scaleB, shiftB), rowB), sum.y(), rowB);
    }
  }

  @Override
  void pass(SumLoops.Gate gate, ByteBuffer dy, Tile tile, Sums sums) {
    int channel = tile.channel();
    FloatVector meanA = load(gate.mean(), channel);
    FloatVector meanB = load(gate.mean(), channel + LANES);
    FloatVector a = load(sums.first(), 0);
    FloatVector b = load(sums.first(), LANES);
    FloatVector productA = load(sums.second(), 0);
    FloatVector productB = load(sums.second(), LANES);
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      int rowB = row + Tile.VECTOR;
      FloatVector dvA = gate.passed(row, load(dy, row));
      FloatVector dvB = gate.passed(rowB, load(dy, rowB));
      store(dvA, gate.dv(), row);
      store(dvB, gate.dv(), rowB);
      a = a.add(dvA);
      b = b.add(dvB);
      productA = dvA.fma(load(gate.x(), row).sub(meanA), productA);
      productB = dvB.fma(load(gate.x(), rowB).sub(meanB), productB);
    }
    a.intoArray(sums.first(), 0);
    b.intoArray(sums.first(), LANES);
    productA.intoArray(sums.second(), 0);
    productB.intoArray(sums.second(), LANES);
  }

  @Override
  void passBoth(SumLoops.Gate gate, ByteBuffer first, ByteBuffer second, Tile tile, Sums sums) {
    int channel = tile.channel();
    FloatVector meanA = load(gate.mean(), channel);
    FloatVector meanB = load(gate.mean(), channel + LANES);
    FloatVector a = load(sums.first(), 0);
    FloatVector b = load(sums.first(), LANES);
    FloatVector productA = load(sums.second(), 0);
    FloatVector productB = load(sums.second(), LANES);
    for (int i = 0; i < tile.rows(); i++) {
      int row = tile.row(i);
      int rowB = row + Tile.VECTOR;
      FloatVector dvA = gate.passed(row, load(first, row).add(load(second, row)));
      FloatVector dvB = gate.passed(rowB, load(first, rowB).add(load(second, rowB)));
      store(dvA, gate.dv(), row);
      store(dvB, gate.dv(), rowB);
      a = a.add(dvA);
      b = b.add(dvB);
      productA = dvA.fma(load(gate.x(), row).sub(meanA), productA);
      productB = dvB.fma(load(gate.x(), rowB).sub(meanB), productB);
    }
    a.intoArray(sums.first(), 0);
    b.intoArray(sums.first(), LANES);
    productA.intoArray(sums.second(), 0);
    productB.intoArray(sums.second(), LANES);
  }
}
