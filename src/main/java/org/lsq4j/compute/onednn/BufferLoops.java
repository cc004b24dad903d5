package org.lsq4j.compute.onednn;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.CodeSpan;

/**
 * Vector loops that read and write native memory without copying blocks to arrays first, which
 * takes longer than the arithmetic. The vector module of JDK 17 can do this; that of JDK 25, tried
 * here, cannot.
 */
final class BufferLoops extends VectorLoops {

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  BufferLoops(CodeRange range) {
    super(range);
  }

  /** Uses everything once; throws a linkage error if this JDK's module is another. */
  static void probe() {
    BufferLoops loops = new BufferLoops(CodeRange.of(2, CodeSign.SIGNED, CodeSpan.FULL));
    ByteBuffer bytes = ByteBuffer.allocateDirect(LANES.vectorByteSize()).order(ORDER);
    FloatMemory memory = new FloatMemory(bytes.asFloatBuffer(), bytes);
    loops.backward(memory, memory, 0, LANES.length(), new float[] {1, 0}, new Sums());
  }

  @Override
  void backward(
      FloatMemory values,
      FloatMemory upstream,
      int first,
      int count,
      float[] parameters,
      Sums sums) {
    int whole = LANES.loopBound(count);
    vectors(values.bytes(), upstream.bytes(), first, whole, parameters, sums);
    if (whole < count) {
      super.backward(values, upstream, first + whole, count - whole, parameters, sums);
    }
  }

  private void vectors(
      ByteBuffer values, ByteBuffer upstream, int first, int count, float[] parameters, Sums sums) {
    float step = parameters[0];
    float offset = parameters[1];
    FloatVector toStep = FloatVector.zero(LANES);
    FloatVector toOffset = FloatVector.zero(LANES);
    FloatVector zero = FloatVector.zero(LANES);
    FloatVector n = FloatVector.broadcast(LANES, lowest);
    FloatVector p = FloatVector.broadcast(LANES, highest);
    int end = (first + count) * Float.BYTES;
    for (int at = first * Float.BYTES; at < end; at += LANES.vectorByteSize()) {
      FloatVector u = FloatVector.fromByteBuffer(LANES, values, at, ORDER).sub(offset).div(step);
      FloatVector g = FloatVector.fromByteBuffer(LANES, upstream, at, ORDER);
      VectorMask<Float> below = u.compare(VectorOperators.LE, n);
      VectorMask<Float> above = u.compare(VectorOperators.GE, p);
      FloatVector passed = g.blend(zero, below.or(above));
      toStep = g.fma(round(u).sub(u).blend(n, below).blend(p, above), toStep);
      toOffset = toOffset.add(g.sub(passed));
      passed.intoByteBuffer(upstream, at, ORDER);
    }
    sums.add(toStep.reduceLanes(VectorOperators.ADD), toOffset.reduceLanes(VectorOperators.ADD));
  }
}
