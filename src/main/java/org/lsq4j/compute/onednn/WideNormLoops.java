package org.lsq4j.compute.onednn;

import java.nio.ByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Loops over rows of any width. What belongs to a channel is loaded for each vector, and sums are
 * loaded and stored: all channels of many would not fit into registers, and reading some channels
 * of all pixels, and then the next ones, takes up to twice as long.
 */
final class WideNormLoops extends NormLoops {

  @Override
  void moments(ByteBuffer x, Tile tile, Sums sums) {
    float[] near = meanOf(x, tile.part(0, Math.min(SAMPLE, tile.rows())));
    int row = 0;
    int place = 0;
    int at = tile.row(row);
    for (int i = 0; i < tile.vectors(); i++) {
      FloatVector deviation = load(x, at).sub(load(near, place));
      sums.add(deviation, deviation, place);
      place = tile.next(place);
      at = place == 0 ? tile.row(++row) : at + Tile.VECTOR;
    }
    for (int i = 0; i < tile.width(); i += LANES) {
      FloatVector sum = load(sums.first(), i);
      FloatVector off = sum.div(tile.rows());
      load(near, i).add(off).intoArray(sums.first(), i);
      load(sums.second(), i).sub(sum.mul(off)).intoArray(sums.second(), i);
    }
  }

  private static float[] meanOf(ByteBuffer x, Tile tile) {
    float[] mean = new float[tile.width()];
    int row = 0;
    int place = 0;
    int at = tile.row(row);
    for (int i = 0; i < tile.vectors(); i++) {
      load(mean, place).add(load(x, at)).intoArray(mean, place);
      place = tile.next(place);
      at = place == 0 ? tile.row(++row) : at + Tile.VECTOR;
    }
    for (int i = 0; i < tile.width(); i += LANES) {
      load(mean, i).div(tile.rows()).intoArray(mean, i);
    }
    return mean;
  }

  @Override
  void addAndEncode(
      ByteBuffer x, Addition sum, ByteBuffer codes, Affine affine, Codes range, Tile tile) {
    int row = 0;
    int place = 0;
    int at = tile.row(row);
    for (int i = 0; i < tile.vectors(); i++) {
      FloatVector v = affine.normalized(x, at, tile.channel() + place);
      FloatVector y = sum.raised(v, at);
      store(y, sum.y(), at);
      encode(y, range, codes, at);
      place = tile.next(place);
      at = place == 0 ? tile.row(++row) : at + Tile.VECTOR;
    }
  }

  @Override
  void codes(ByteBuffer x, ByteBuffer codes, Affine affine, Codes range, Tile tile) {
    int row = 0;
    int place = 0;
    int at = tile.row(row);
    for (int i = 0; i < tile.vectors(); i++) {
      encode(affine.normalized(x, at, tile.channel() + place), range, codes, at);
      place = tile.next(place);
      at = place == 0 ? tile.row(++row) : at + Tile.VECTOR;
    }
  }

  @Override
  double sumsOfCodes(
      ByteBuffer x, ByteBuffer gradient, Affine affine, Codes range, Tile tile, Sums sums) {
    FloatVector toStep = FloatVector.zero(FLOATS);
    int row = 0;
    int place = 0;
    int at = tile.row(row);
    for (int i = 0; i < tile.vectors(); i++) {
      int channel = tile.channel() + place;
      FloatVector deviation = affine.deviation(x, at, channel);
      FloatVector u = affine.normalized(deviation, channel).div(range.step());
      FloatVector upstream = load(gradient, at);
      toStep = upstream.fma(slope(u, range), toStep);
      sums.add(passed(u, range.lowest(), range.highest(), upstream), deviation, place);
      place = tile.next(place);
      at = place == 0 ? tile.row(++row) : at + Tile.VECTOR;
    }
    return toStep.reduceLanes(VectorOperators.ADD);
  }

  @Override
  void gradient(ByteBuffer x, ByteBuffer dy, ByteBuffer dx, Gate gate, Slopes slopes, Tile tile) {
    int row = 0;
    int place = 0;
    int at = tile.row(row);
    for (int i = 0; i < tile.vectors(); i++) {
      store(gradient(x, dy, gate, slopes, at, tile.channel() + place), dx, at);
      place = tile.next(place);
      at = place == 0 ? tile.row(++row) : at + Tile.VECTOR;
    }
  }

  private static FloatVector gradient(
      ByteBuffer x, ByteBuffer dy, Gate gate, Slopes slopes, int at, int channel) {
    FloatVector deviation = gate.affine().deviation(x, at, channel);
    FloatVector dv = gate.passed(deviation, load(dy, at), channel);
    return slopes.apply(dv, deviation, channel);
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
    int rowBytes = tile.width() * Float.BYTES;
    int firstBlock = 0;
    int row = 0;
    int place = 0;
    int at = tile.row(row);
    for (int i = 0; i < tile.vectors(); i++) {
      FloatVector values = gradient(x, dy, gate, slopes, at, tile.channel() + place);
      firstBlock = place == 0 ? image.block(at / rowBytes, 0) : firstBlock;
      store(values, dx, firstBlock + place * image.pixels() * Float.BYTES);
      place = tile.next(place);
      at = place == 0 ? tile.row(++row) : at + Tile.VECTOR;
    }
  }

  @Override
  void roundedGradient(
      ByteBuffer x, ByteBuffer dy, ByteBuffer dx, Gate gate, Slopes slopes, Tile tile) {
    int row = 0;
    int place = 0;
    int at = tile.row(row);
    for (int i = 0; i < tile.vectors(); i++) {
      round(gradient(x, dy, gate, slopes, at, tile.channel() + place), dx, at);
      place = tile.next(place);
      at = place == 0 ? tile.row(++row) : at + Tile.VECTOR;
    }
  }

  @Override
  void rectify(ByteBuffer x, ByteBuffer y, Gate gate, Tile tile) {
    float floor = gate.above();
    int row = 0;
    int place = 0;
    int at = tile.row(row);
    for (int i = 0; i < tile.vectors(); i++) {
      FloatVector v = gate.affine().normalized(x, at, tile.channel() + place);
      // Not max: NaN is to be seen.
      store(v.blend(floor, v.compare(VectorOperators.LT, floor)), y, at);
      place = tile.next(place);
      at = place == 0 ? tile.row(++row) : at + Tile.VECTOR;
    }
  }

  @Override
  void sums(ByteBuffer x, ByteBuffer dy, Gate gate, Tile tile, Sums sums) {
    int row = 0;
    int place = 0;
    int at = tile.row(row);
    for (int i = 0; i < tile.vectors(); i++) {
      int channel = tile.channel() + place;
      FloatVector deviation = gate.affine().deviation(x, at, channel);
      FloatVector dv = gate.passed(deviation, load(dy, at), channel);
      sums.add(dv, deviation, place);
      place = tile.next(place);
      at = place == 0 ? tile.row(++row) : at + Tile.VECTOR;
    }
  }

  @Override
  void add(ByteBuffer x, Addition sum, Affine affine, Tile tile) {
    int row = 0;
    int place = 0;
    int at = tile.row(row);
    for (int i = 0; i < tile.vectors(); i++) {
      FloatVector v = affine.normalized(x, at, tile.channel() + place);
      store(sum.raised(v, at), sum.y(), at);
      place = tile.next(place);
      at = place == 0 ? tile.row(++row) : at + Tile.VECTOR;
    }
  }

  @Override
  void pass(SumLoops.Gate gate, ByteBuffer dy, Tile tile, Sums sums) {
    int row = 0;
    int place = 0;
    int at = tile.row(row);
    for (int i = 0; i < tile.vectors(); i++) {
      FloatVector dv = gate.passed(at, load(dy, at));
      store(dv, gate.dv(), at);
      sums.add(dv, gate.deviation(at, tile.channel() + place), place);
      place = tile.next(place);
      at = place == 0 ? tile.row(++row) : at + Tile.VECTOR;
    }
  }

  @Override
  void passBoth(SumLoops.Gate gate, ByteBuffer first, ByteBuffer second, Tile tile, Sums sums) {
    int row = 0;
    int place = 0;
    int at = tile.row(row);
    for (int i = 0; i < tile.vectors(); i++) {
      FloatVector both = load(first, at).add(load(second, at));
      FloatVector dv = gate.passed(at, both);
      store(dv, gate.dv(), at);
      sums.add(dv, gate.deviation(at, tile.channel() + place), place);
      place = tile.next(place);
      at = place == 0 ? tile.row(++row) : at + Tile.VECTOR;
    }
  }
}
