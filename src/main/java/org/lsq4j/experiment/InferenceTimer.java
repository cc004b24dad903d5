package org.lsq4j.experiment;

import java.util.ArrayList;
import java.util.List;

/** Times the predictions of one runtime, which takes turns with others. */
final class InferenceTimer {

  private static final long NANOS_PER_MILLI = 1_000_000;

  /** So many turns pass before the first that counts: Java compiles what is called often. */
  private static final int WARM_UP_TURNS = 10;

  private final String runtime;
  private final String precision;
  private final Runnable prediction;
  private final Runnable end;
  private final List<Double> turns = new ArrayList<>();
  private int calls = 1;

  InferenceTimer(String runtime, String precision, Runnable prediction, Runnable end) {
    this.runtime = runtime;
    this.precision = precision;
    this.prediction = prediction;
    this.end = end;
  }

  String runtime() {
    return runtime;
  }

  String precision() {
    return precision;
  }

  /** Runs until everything is compiled, and counts how many predictions make a turn. */
  void warmUp(int turnMillis) {
    long turn = turnMillis * NANOS_PER_MILLI;
    nanosFor(WARM_UP_TURNS * turn);
    long each = nanosFor(turn);
    calls = (int) Math.max(1, (turn + each - 1) / each);
  }

  /** The time of a prediction among as many as fit a time, at least one. */
  private long nanosFor(long least) {
    long start = System.nanoTime();
    long passed;
    int done = 0;
    do {
      prediction.run();
      done++;
      passed = System.nanoTime() - start;
    } while (passed < least);
    return Math.max(1, passed / done);
  }

  /** Measures a turn, after a prediction that brings its own data into the caches. */
  void turn() {
    prediction.run();
    long start = System.nanoTime();
    for (int call = 0; call < calls; call++) {
      prediction.run();
    }
    turns.add((double) (System.nanoTime() - start) / calls);
  }

  /** Nanoseconds of a prediction in each turn. */
  double[] turns() {
    return turns.stream().mapToDouble(Double::doubleValue).toArray();
  }

  void close() {
    end.run();
  }
}
