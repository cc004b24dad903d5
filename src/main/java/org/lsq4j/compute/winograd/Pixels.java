package org.lsq4j.compute.winograd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorSpecies;

/** A pixel is a vector of floats: its channels. */
public final class Pixels {

  /** Channels of a pixel. */
  public static final int CHANNELS = 16;

  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_512;
  private static final VectorSpecies<Long> LONGS = LongVector.SPECIES_512;

  /** Channels that {@link #repeated} takes. */
  static final int PAIR = Long.BYTES / Float.BYTES;

  private Pixels() {}

  /** Refuses a machine whose vectors are shorter: it would make a pixel of several, slowly. */
  static void requireVectors() {
    if (FloatVector.SPECIES_PREFERRED.length() < CHANNELS) {
      throw new UnsupportedOperationException("vectors are shorter than " + CHANNELS + " floats");
    }
  }

  static FloatVector load(float[] pixels, int at) {
    return FloatVector.fromArray(FLOATS, pixels, at);
  }

  /**
   * Two neighbouring channels, again and again. Of an array of longs, as the compiler repeats a
   * long of an array in one instruction, for which it needs two with a float.
   */
  static FloatVector repeated(long[] pairs, int at) {
    return LongVector.broadcast(LONGS, pairs[at]).reinterpretAsFloats();
  }

  /** Writes a pixel to where {@link #repeated} reads pairs of its channels. */
  static void storePairs(FloatVector pixel, long[] pairs, int at) {
    pixel.reinterpretAsLongs().intoArray(pairs, at);
  }

  static FloatVector constant(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }
}
