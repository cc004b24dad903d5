package org.lsq4j.compute.onednn;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.CodeSpan;

/**
 * The quantizer's equations with Java's vector module. The rest of a block that fills no vector is
 * left to plain loops.
 */
class VectorLoops extends QuantizeLoops {

  static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;

  private final PlainLoops plain;

  VectorLoops(CodeRange range) {
    super(range);
    plain = new PlainLoops(range);
  }

  /** Uses everything once; throws a linkage error if this JDK's module is another. */
  static void probe() {
    VectorLoops loops = new VectorLoops(CodeRange.of(2, CodeSign.SIGNED, CodeSpan.FULL));
    float[] values = new float[LANES.length()];
    loops.forward(values, values.length, 1, 0);
    loops.codes(values, values.length, 1, 0);
    loops.backward(values, values.clone(), values.length, new float[] {1, 0}, new Sums());
  }

  @Override
  void forward(float[] values, int count, float step, float offset) {
    int end = LANES.loopBound(count);
    for (int i = 0; i < end; i += LANES.length()) {
      FloatVector u = FloatVector.fromArray(LANES, values, i).sub(offset).div(step);
      round(clip(u)).mul(step).add(offset).intoArray(values, i);
    }
    plain.forward(values, end, count, step, offset);
  }

  @Override
  void codes(float[] values, int count, float step, float offset) {
    int end = LANES.loopBound(count);
    for (int i = 0; i < end; i += LANES.length()) {
      FloatVector u = FloatVector.fromArray(LANES, values, i).sub(offset).div(step);
      round(clip(u)).intoArray(values, i);
    }
    plain.codes(values, end, count, step, offset);
  }

  @Override
  void backward(float[] values, float[] upstream, int count, float[] parameters, Sums sums) {
    float step = parameters[0];
    float offset = parameters[1];
    FloatVector toStep = FloatVector.zero(LANES);
    FloatVector toOffset = FloatVector.zero(LANES);
    FloatVector zero = FloatVector.zero(LANES);
    FloatVector n = FloatVector.broadcast(LANES, lowest);
    FloatVector p = FloatVector.broadcast(LANES, highest);
    int end = LANES.loopBound(count);
    for (int i = 0; i < end; i += LANES.length()) {
      FloatVector u = FloatVector.fromArray(LANES, values, i).sub(offset).div(step);
      FloatVector g = FloatVector.fromArray(LANES, upstream, i);
      VectorMask<Float> below = u.compare(VectorOperators.LE, n);
      VectorMask<Float> above = u.compare(VectorOperators.GE, p);
      FloatVector passed = g.blend(zero, below.or(above));
      toStep = g.fma(round(u).sub(u).blend(n, below).blend(p, above), toStep);
      toOffset = toOffset.add(g.sub(passed));
      passed.intoArray(upstream, i);
    }
    sums.add(toStep.reduceLanes(VectorOperators.ADD), toOffset.reduceLanes(VectorOperators.ADD));
    plain.backward(values, upstream, end, count, parameters, sums);
  }

  private FloatVector clip(FloatVector u) {
    // Comparisons and blends: min and max would spend instructions on NaN and -0.
    FloatVector n = FloatVector.broadcast(LANES, lowest);
    FloatVector p = FloatVector.broadcast(LANES, highest);
    FloatVector raised = u.blend(n, u.compare(VectorOperators.LT, n));
    return raised.blend(p, raised.compare(VectorOperators.GT, p));
  }

  static FloatVector round(FloatVector u) {
    return u.add(ROUND).sub(ROUND);
  }
}
