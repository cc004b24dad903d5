package org.lsq4j.report.figures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerSpec;
import org.lsq4j.quantizer.StepAndOffset;

/** What the figures claim, and where it stops holding. */
class FigureClaimsTest {

  private static final Sampling SAMPLING = new Sampling(20_000, 1);

  private static MeasuredFigure figure(int number) {
    return MeasuredFigure.of(TenFigures.of(List.of(number), SAMPLING).get(0));
  }

  private static int[] codes(Figure figure, int frame) {
    return Measurement.quantizer(figure, figure.sweep().settings().get(frame))
        .quantize(figure.data().values());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void risingOffsetsNeverRaiseACodeAndFallingOnesNeverLowerOne(int number) {
    Figure figure = figure(number).figure();
    int direction = figure.sweep().kind() == Sweep.Kind.OFFSET_UP ? -1 : 1;
    int changes = 0;
    int[] before = codes(figure, 0);
    for (int frame = 1; frame < figure.sweep().settings().size(); frame++) {
      int[] now = codes(figure, frame);
      for (int i = 0; i < now.length; i++) {
        assertTrue((now[i] - before[i]) * direction >= 0);
        changes += Math.abs(now[i] - before[i]);
      }
      before = now;
    }
    assertTrue(changes > 1000, "codes hardly moved: " + changes);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void theMeanReturnsWhileTheWindowCoversTheData(int number) {
    MeasuredFigure measured = figure(number);
    FigureData data = measured.figure().data();
    for (Measurement frame : measured.measurements()) {
      boolean covers =
          frame.level(frame.lowest().code()) <= data.mean() - 3 * data.spread()
              && frame.level(frame.highest().code()) >= data.mean() + 3 * data.spread();
      if (covers) {
        assertTrue(measured.returns(frame), frame::toString);
        assertEquals(data.mean(), frame.meanValue(), 0.02);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ends")
  void pastTheWindowClippedValuesMoveWithTheOffset(int number, int direction) {
    MeasuredFigure measured = figure(number);
    Measurement last = measured.last();

    assertFalse(measured.returns(last));
    assertTrue(last.clipped() > 0.3);
    // Away from the data, in the direction of z.
    assertTrue(direction * (last.meanValue() - measured.figure().data().mean()) > 0.3);
    assertClippedValuesMoveByTheOffset(measured.figure());
  }

  private static void assertClippedValuesMoveByTheOffset(Figure figure) {
    List<StepAndOffset> settings = figure.sweep().settings();
    double[] data = figure.data().values();
    StepAndOffset last = settings.get(settings.size() - 1);
    StepAndOffset earlier = settings.get(settings.size() - 2);
    boolean[] clipped = Measurement.quantizer(figure, earlier).overloads(data);
    double[] before = Measurement.quantizer(figure, earlier).forward(data);
    double[] after = Measurement.quantizer(figure, last).forward(data);
    for (int i = 0; i < data.length; i++) {
      if (clipped[i] && (data[i] - last.offset()) * (last.offset() - earlier.offset()) < 0) {
        assertEquals(last.offset() - earlier.offset(), after[i] - before[i], 1e-9);
      }
    }
  }

  static Stream<Object[]> ends() {
    return Stream.of(
        new Object[] {1, 1},
        new Object[] {2, 1},
        new Object[] {3, 1},
        new Object[] {4, -1},
        new Object[] {5, -1});
  }

  @Test
  void theReturnHoldsForAPartOfTheSweepThatIsNamed() {
    assertEquals(0, figure(1).returning().get(0).setting().offset());
    List<Measurement> returning = figure(1).returning();
    double end = returning.get(returning.size() - 1).setting().offset();
    // By integration: the mean is off by 0.05 at z = 2.82.
    assertEquals(2.8, end, 0.11);
    assertTrue(figure(2).returning().isEmpty());
    assertEquals(
        -1.5, figure(5).returning().get(figure(5).returning().size() / 2).setting().offset(), 0.11);
  }

  @Test
  void growingStepsGatherCodesAtZero() {
    List<Measurement> frames = figure(6).measurements();
    for (int i = 1; i < frames.size(); i++) {
      assertTrue(frames.get(i).bar(0).share() >= frames.get(i - 1).bar(0).share());
      assertTrue(frames.get(i).codeSpread() < frames.get(i - 1).codeSpread());
    }
  }

  @Test
  void butOnlyIfDataLieAroundTheOffset() {
    Measurement last = figure(7).last();
    // Data around -2 and s = 4: u = -0.5 lies between the codes -1 and 0.
    assertEquals(0.5, last.bar(0).share(), 0.02);
    assertEquals(0.5, last.bar(-1).share(), 0.02);
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 9})
  void shrinkingStepsGatherCodesAtTheEdges(int number) {
    double before = -1;
    for (Measurement frame : figure(number).measurements()) {
      double edges = frame.lowest().share() + frame.highest().share();
      assertTrue(edges >= before, frame::toString);
      before = edges;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {6, 7, 8, 9})
  void theSmallestStepOfTheValuesIsTheStep(int number) {
    Figure figure = figure(number).figure();
    for (StepAndOffset setting : figure.sweep().settings()) {
      double[] values = Measurement.quantizer(figure, setting).forward(figure.data().values());
      double[] distinct = java.util.Arrays.stream(values).distinct().sorted().toArray();
      for (int i = 1; i < distinct.length; i++) {
        double gap = distinct[i] - distinct[i - 1];
        assertTrue(gap >= setting.step() - 1e-9);
      }
      assertEquals(setting.step(), distinct[1] - distinct[0], 1e-9);
    }
  }

  @Test
  void theErrorOverStepAndOffsetIsUShaped() {
    MeasuredFigure measured = figure(10);
    List<Measurement> frames = measured.measurements();
    int best = frames.indexOf(measured.best());
    for (int i = 1; i < frames.size(); i++) {
      boolean falls = frames.get(i).error() < frames.get(i - 1).error();
      assertEquals(i <= best, falls, frames.get(i)::toString);
    }
    assertEquals(1, measured.best().setting().step(), 0.06);
    assertTrue(measured.best().clipped() < 0.06 && measured.best().clipped() > 0.02);
  }

  @Test
  void theBestOfAllStepsAndOffsetsForTwoBitsIsOneAndAHalf() {
    FigureData data = Distribution.NORMAL.draw(0, SAMPLING);
    QuantizerSpec spec = QuantizerSpec.activations(2, CodeSign.SIGNED).withOffset(OffsetMode.REAL);
    Measurement best = null;
    for (double step = 0.7; step < 1.31; step += 0.1) {
      for (double offset = 0; offset < 1.01; offset += 0.1) {
        Sweep sweep = Sweep.ofOffsets(new Range(offset, offset + 1, 2), step);
        Measurement frame = MeasuredFigure.of(new Figure(0, data, spec, sweep, List.of(0))).first();
        best = best == null || frame.error() < best.error() ? frame : best;
      }
    }
    assertEquals(1.0, best.setting().step(), 0.01);
    assertEquals(0.5, best.setting().offset(), 0.01);
    assertEquals(0.119, best.error(), 0.005);
  }
}
