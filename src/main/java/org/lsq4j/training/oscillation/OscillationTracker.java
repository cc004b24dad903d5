package org.lsq4j.training.oscillation;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * Follows the codes of one weight tensor (Nagel et al., 2022, section 4 and algorithm 1). A weight
 * oscillates in an update if its code changes in the direction opposite to that of its last change:
 *
 * <pre>
 *   f = m o + (1 - m) f          o: 1 if it oscillates, else 0
 *   e = m code + (1 - m) e
 * </pre>
 *
 * <p>With f above a threshold the weight is frozen at the code round(e), for good.
 */
final class OscillationTracker {

  private final short[] codes;
  private final byte[] directions;
  private final float[] frequencies;
  private final float[] averages;
  private final boolean[] frozen;
  private int frozenCount;

  /** Begins with codes that have not changed yet. */
  OscillationTracker(short[] codes) {
    this.codes = codes.clone();
    directions = new byte[codes.length];
    frequencies = new float[codes.length];
    averages = new float[codes.length];
    frozen = new boolean[codes.length];
    for (int i = 0; i < codes.length; i++) {
      averages[i] = codes[i];
    }
  }

  /**
   * Takes the codes after an update.
   *
   * @param now the codes; those of frozen weights are ignored
   * @param momentum m
   * @param threshold f above which weights are frozen
   */
  void update(short[] now, float momentum, float threshold) {
    float keep = 1 - momentum;
    for (int i = 0; i < now.length; i++) {
      float frequency = keep * frequencies[i];
      if (!frozen[i]) {
        int change = Integer.signum(now[i] - codes[i]);
        if (change != 0) {
          frequency += change == -directions[i] ? momentum : 0;
          directions[i] = (byte) change;
          codes[i] = now[i];
        }
        if (frequency > threshold) {
          freeze(i);
        }
        averages[i] = momentum * now[i] + keep * averages[i];
      }
      frequencies[i] = frequency;
    }
  }

  private void freeze(int index) {
    frozen[index] = true;
    frozenCount++;
    codes[index] = (short) Math.rint(averages[index]);
  }

  boolean hasFrozen() {
    return frozenCount > 0;
  }

  boolean isFrozen(int index) {
    return frozen[index];
  }

  /** The code of a weight: the last one, or the one it is frozen at. */
  int code(int index) {
    return codes[index];
  }

  float frequency(int index) {
    return frequencies[index];
  }

  /** Share of weights with a frequency above a threshold, 0 to 1. */
  double shareAbove(double threshold) {
    int count = 0;
    for (float frequency : frequencies) {
      count += frequency > threshold ? 1 : 0;
    }
    return (double) count / frequencies.length;
  }

  /** Share of weights that are frozen, 0 to 1. */
  double frozenShare() {
    return (double) frozenCount / frozen.length;
  }

  void write(DataOutputStream out) throws IOException {
    out.writeInt(codes.length);
    for (int i = 0; i < codes.length; i++) {
      out.writeShort(codes[i]);
      out.writeByte(directions[i]);
      out.writeFloat(frequencies[i]);
      out.writeFloat(averages[i]);
      out.writeBoolean(frozen[i]);
    }
  }

  /**
   * Takes over what was written.
   *
   * @return whether it was of a tensor of this size
   */
  boolean read(DataInputStream in) throws IOException {
    if (in.readInt() != codes.length) {
      return false;
    }
    frozenCount = 0;
    for (int i = 0; i < codes.length; i++) {
      codes[i] = in.readShort();
      directions[i] = in.readByte();
      frequencies[i] = in.readFloat();
      averages[i] = in.readFloat();
      frozen[i] = in.readBoolean();
      frozenCount += frozen[i] ? 1 : 0;
    }
    return true;
  }
}
