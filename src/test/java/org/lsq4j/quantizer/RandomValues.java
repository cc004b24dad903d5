package org.lsq4j.quantizer;

import java.util.Random;
import java.util.stream.DoubleStream;

/** Random test data with fixed seeds. */
final class RandomValues {

  private RandomValues() {}

  static double[] gaussian(long seed, int count) {
    Random random = new Random(seed);
    return DoubleStream.generate(random::nextGaussian).limit(count).toArray();
  }

  static double[] laplace(long seed, int count) {
    Random random = new Random(seed);
    return DoubleStream.generate(
            () -> Math.signum(random.nextDouble() - 0.5) * -Math.log(1 - random.nextDouble()))
        .limit(count)
        .toArray();
  }

  static CalibrationSample sample(double... values) {
    CalibrationSample sample = new CalibrationSample();
    for (double value : values) {
      sample.add(value);
    }
    return sample;
  }

  static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
