package org.lsq4j.deploy.runtime.portable;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/** Weighted sums of codes with Java's vector module, which is optional. */
final class VectorSums {

  private static final VectorSpecies<Integer> LANES = IntVector.SPECIES_PREFERRED;

  private static final int LENGTH = LANES.length();

  /** Vectors that a weight is multiplied with at a time. */
  private static final int VECTORS = 4;

  private VectorSums() {}

  /** Uses everything once; throws a linkage error if this JDK's module is another or missing. */
  static int probe() {
    int[] values = new int[(VECTORS + 1) * LENGTH];
    of(new Terms(new int[] {1}, new int[] {0}), values, 0, values.clone(), values.length);
    return LENGTH;
  }

  /** How many numbers may be read or written behind the last, at most. */
  static int slack() {
    return LENGTH;
  }

  /**
   * Computes sums.
   *
   * @param terms what is added
   * @param codes to multiply
   * @param first added to the terms' places
   * @param sums receives them; some behind the last are overwritten
   * @param count how many
   */
  static void of(Terms terms, int[] codes, int first, int[] sums, int count) {
    int at = 0;
    for (; at + VECTORS * LENGTH <= count; at += VECTORS * LENGTH) {
      several(terms, codes, first + at, sums, at);
    }
    for (; at < count; at += LENGTH) {
      one(terms, codes, first + at, sums, at);
    }
  }

  private static void several(Terms terms, int[] codes, int first, int[] sums, int at) {
    int[] weights = terms.weights();
    int[] places = terms.places();
    IntVector a = IntVector.zero(LANES);
    IntVector b = a;
    IntVector c = a;
    IntVector d = a;
    for (int term = 0; term < weights.length; term++) {
      IntVector weight = IntVector.broadcast(LANES, weights[term]);
      int from = first + places[term];
      a = a.add(IntVector.fromArray(LANES, codes, from).mul(weight));
      b = b.add(IntVector.fromArray(LANES, codes, from + LENGTH).mul(weight));
      c = c.add(IntVector.fromArray(LANES, codes, from + 2 * LENGTH).mul(weight));
      d = d.add(IntVector.fromArray(LANES, codes, from + 3 * LENGTH).mul(weight));
    }
    a.intoArray(sums, at);
    b.intoArray(sums, at + LENGTH);
    c.intoArray(sums, at + 2 * LENGTH);
    d.intoArray(sums, at + 3 * LENGTH);
  }

  private static void one(Terms terms, int[] codes, int first, int[] sums, int at) {
    int[] weights = terms.weights();
    int[] places = terms.places();
    IntVector sum = IntVector.zero(LANES);
    for (int term = 0; term < weights.length; term++) {
      IntVector numbers = IntVector.fromArray(LANES, codes, first + places[term]);
      sum = sum.add(numbers.mul(weights[term]));
    }
    sum.intoArray(sums, at);
  }

  /**
   * What makes a sum.
   *
   * @param weights factors
   * @param places where each one's code is, from the same beginning
   */
  @SuppressWarnings("ArrayRecordComponent") // read in loops, never compared
  record Terms(int[] weights, int[] places) {}
}
