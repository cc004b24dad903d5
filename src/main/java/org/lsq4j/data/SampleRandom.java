package org.lsq4j.data;

/**
 * Random numbers that are a function of a few keys (SplitMix64: Steele, Lea and Flood, "Fast
 * splittable pseudorandom number generators", OOPSLA 2014). The keys say which epoch and image a
 * number is for, so that nothing has to be stored to resume a run, and no version of Java changes
 * it.
 */
final class SampleRandom {
  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private long state;

  SampleRandom(long... keys) {
    for (long key : keys) {
      state = mix(state + GOLDEN_GAMMA) ^ key;
    }
  }

  /** A number from 0 to bound - 1, uniform up to bound / 2^32. */
  int below(int bound) {
    state += GOLDEN_GAMMA;
    return (int) (((mix(state) >>> 32) * bound) >>> 32);
  }

  private static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
