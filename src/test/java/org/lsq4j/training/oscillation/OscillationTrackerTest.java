package org.lsq4j.training.oscillation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OscillationTrackerTest {

  private static final float NEVER = Float.POSITIVE_INFINITY;
  private static final float M = 0.1f;

  private static OscillationTracker track(float threshold, int... codes) {
    OscillationTracker tracker = new OscillationTracker(new short[] {(short) codes[0]});
    for (int i = 1; i < codes.length; i++) {
      tracker.update(new short[] {(short) codes[i]}, M, threshold);
    }
    return tracker;
  }

  @Test
  void theFirstChangeAndChangesInOneDirectionAreNoOscillations() {
    assertEquals(0, track(NEVER, 0, 0, 1, 1, 2, 3, 3).frequency(0));
  }

  @Test
  void changesBackAreOscillationsHoweverLongAfter() {
    assertEquals(M, track(NEVER, 0, 1, 0).frequency(0));
    assertEquals(M, track(NEVER, 0, 1, 1, 1, 1, 0).frequency(0));
    assertEquals(M, track(NEVER, 0, 3, 1).frequency(0), "of any size");
    assertEquals(M * 0.9 * 0.9, track(NEVER, 0, 1, 0, 0, 0).frequency(0), 1e-6, "forgotten");
    assertEquals(M + 0.9 * M, track(NEVER, 0, 1, 0, 1).frequency(0), 1e-6);
  }

  @Test
  void frequentOscillationsFreezeAtTheMostFrequentCode() {
    int[] mostlyOne = {1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0};
    OscillationTracker tracker = track(0.2f, mostlyOne);
    assertTrue(tracker.hasFrozen() && tracker.isFrozen(0));
    assertEquals(1, tracker.code(0), "although the last code is 0");
    assertEquals(1, tracker.frozenShare());

    tracker.update(new short[] {0}, M, 0.2f);
    assertEquals(1, tracker.code(0), "for good");
  }

  @Test
  void frozenWeightsStopOscillating() {
    OscillationTracker tracker = track(0.15f, 0, 1, 0, 1, 0, 1);
    assertTrue(tracker.isFrozen(0));
    float frequency = tracker.frequency(0);
    for (int i = 0; i < 10; i++) {
      tracker.update(new short[] {(short) (i % 2)}, M, 0.15f);
    }
    assertEquals(frequency * Math.pow(0.9, 10), tracker.frequency(0), 1e-6);
  }

  @Test
  void rareOscillationsAreNotFrozen() {
    assertFalse(track(0.15f, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1).hasFrozen());
  }

  @Test
  void sharesCountWeights() {
    OscillationTracker tracker = new OscillationTracker(new short[4]);
    tracker.update(new short[] {1, 1, 0, 0}, M, NEVER);
    tracker.update(new short[] {0, 0, 0, 1}, M, NEVER);
    assertEquals(0.5, tracker.shareAbove(M / 2));
    assertEquals(0, tracker.shareAbove(M));
    assertEquals(0, tracker.frozenShare());
  }

  /** Against the definition, in double precision and without shortcuts. */
  @Test
  void frequenciesAndFrozenCodesFollowTheDefinition() {
    Random random = new Random(1);
    for (int run = 0; run < 50; run++) {
      int[] codes = random.ints(200, -2, 2).toArray();
      OscillationTracker tracker = track(0.3f, codes);
      double f = 0;
      double average = codes[0];
      int previous = codes[0];
      int direction = 0;
      Integer frozen = null;
      for (int t = 1; t < codes.length; t++) {
        int now = frozen == null ? codes[t] : frozen;
        int change = Integer.signum(now - previous);
        boolean oscillates = change * direction == -1;
        f = (oscillates ? M : 0) + (1 - (double) M) * f;
        direction = change == 0 ? direction : change;
        previous = now;
        if (frozen == null && f > 0.3f) {
          frozen = (int) Math.rint(average);
          previous = frozen;
          direction = 0;
        }
        average = M * now + (1 - (double) M) * average;
      }
      assertEquals(f, tracker.frequency(0), 1e-5);
      assertEquals(frozen != null, tracker.isFrozen(0));
      if (frozen != null) {
        assertEquals(frozen, tracker.code(0));
      }
    }
  }

  @Test
  void goesOnFromItsStateAsIfNeverInterrupted() throws IOException {
    Random random = new Random(3);
    OscillationTracker whole = new OscillationTracker(codes(random));
    for (int i = 0; i < 10; i++) {
      whole.update(codes(random), M, 0.4f);
    }
    assertTrue(
        whole.frozenShare() > 0.1 && whole.frozenShare() < 0.9,
        () -> "some are frozen, some not: " + whole.frozenShare());
    OscillationTracker resumed = new OscillationTracker(new short[100]);
    assertTrue(resumed.read(in(bytes(whole))));

    for (int i = 0; i < 5; i++) {
      short[] now = codes(random);
      whole.update(now, M, 0.4f);
      resumed.update(now, M, 0.4f);
    }

    assertArrayEquals(bytes(whole), bytes(resumed));
    assertFalse(new OscillationTracker(new short[99]).read(in(bytes(whole))), "another size");
  }

  private static short[] codes(Random random) {
    short[] codes = new short[100];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = (short) (random.nextInt(4) - 2);
    }
    return codes;
  }

  private static byte[] bytes(OscillationTracker tracker) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    tracker.write(new DataOutputStream(bytes));
    return bytes.toByteArray();
  }

  private static DataInputStream in(byte[] bytes) {
    return new DataInputStream(new ByteArrayInputStream(bytes));
  }
}
