package org.lsq4j.report.figures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lsq4j.quantizer.StepAndOffset;
import org.lsq4j.report.ReportException;

/** The numbers of the ten figures, expected by independent computation. */
class TenFiguresTest {

  private static final double WITHIN = 0.02;

  private static Map<Integer, MeasuredFigure> figures;

  @BeforeAll
  static void measure() {
    figures =
        TenFigures.all(new Sampling(Sampling.USUAL_COUNT, 1)).stream()
            .map(MeasuredFigure::of)
            .collect(Collectors.toMap(done -> done.figure().number(), Function.identity()));
  }

  private static Measurement at(int figure, double step, double offset) {
    MeasuredFigure measured = figures.get(figure);
    StepAndOffset wanted = new StepAndOffset(step, offset);
    Measurement found = measured.measurements().get(measured.figure().sweep().nearest(wanted));
    assertEquals(step, found.setting().step(), 1e-9);
    assertEquals(offset, found.setting().offset(), 1e-9);
    return found;
  }

  @Test
  void figure1() {
    assertEquals(0, at(1, 1, 0).meanCode(), WITHIN);
    assertEquals(-2, at(1, 1, 2).meanCode(), WITHIN);
    assertEquals(0, at(1, 1, 0).meanValue(), WITHIN);
    assertEquals(0, at(1, 1, 2).meanValue(), WITHIN);
    assertEquals(1.07, at(1, 1, 5).meanValue(), WITHIN);
    assertEquals(0.69, at(1, 1, 5).clipped(), WITHIN);
  }

  @Test
  void figure2() {
    assertEquals(-1.62, at(2, 1, 0).meanValue(), WITHIN);
    assertEquals(0.01, at(2, 1, 2).meanValue(), WITHIN);
    assertEquals(1, at(2, 1, 2).lowest().share(), WITHIN);
    assertEquals(-2, at(2, 1, 2).lowest().code());
  }

  @Test
  void figure3() {
    assertEquals(0.151, at(3, 1, 0).error(), WITHIN);
    assertEquals(0.120, at(3, 1, 0.5).error(), WITHIN);
    assertEquals(0.544, at(3, 1, 2).error(), WITHIN);
  }

  @Test
  void figure4() {
    assertEquals(0, at(4, 1, 0).meanCode(), WITHIN);
    assertEquals(2.62, at(4, 1, -3).meanCode(), WITHIN);
    assertEquals(0, at(4, 1, 0).meanValue(), WITHIN);
    assertEquals(-0.38, at(4, 1, -3).meanValue(), WITHIN);
  }

  @Test
  void figure5() {
    assertEquals(0.544, at(5, 1, 0).error(), WITHIN);
    assertEquals(0.120, at(5, 1, -1.5).error(), WITHIN);
    assertEquals(0.541, at(5, 1, -3).error(), WITHIN);
  }

  @Test
  void figure6() {
    assertEquals(2.64, at(6, 0.25, 0).codeSpread(), WITHIN);
    assertEquals(0.21, at(6, 4, 0).codeSpread(), WITHIN);
    assertEquals(0.95, at(6, 4, 0).bar(0).share(), WITHIN);
  }

  @Test
  void figure7() {
    assertEquals(0.90, at(7, 0.5, 0).bar(-2).share(), WITHIN);
    assertEquals(0, at(7, 4, 0).bar(-2).share(), WITHIN);
    assertEquals(0.5, at(7, 4, 0).bar(-1).share(), WITHIN);
    assertEquals(0.5, at(7, 4, 0).bar(0).share(), WITHIN);
  }

  @Test
  void figure8() {
    assertEquals(0, at(8, 2, 0).lowest().share(), WITHIN);
    assertEquals(0, at(8, 2, 0).highest().share(), WITHIN);
    assertEquals(0.36, at(8, 0.1, 0).lowest().share(), WITHIN);
    assertEquals(0.40, at(8, 0.1, 0).highest().share(), WITHIN);
  }

  @Test
  void figure9() {
    assertEquals(0.16, at(9, 2, 0).bar(-2).share(), WITHIN);
    assertEquals(0.95, at(9, 0.25, 0).bar(-2).share(), WITHIN);
  }

  @Test
  void figure10() {
    assertEquals(0.296, at(10, 0.5, 0).error(), WITHIN);
    assertEquals(0.120, at(10, 1, 0.5).error(), WITHIN);
    assertEquals(0.335, at(10, 2, 1).error(), WITHIN);
    assertEquals(0.33, at(10, 0.5, 0).clipped(), WITHIN);
    assertEquals(0.045, at(10, 1, 0.5).clipped(), WITHIN);
    assertEquals(0, at(10, 2, 1).clipped(), WITHIN);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void everyBarIsTheIntegralOfTheDensity(int number) {
    MeasuredFigure measured = figures.get(number);
    NormalDistribution normal =
        new NormalDistribution(Math.rint(measured.figure().data().mean()), 1);
    for (Measurement frame : measured.measurements()) {
      double half = frame.setting().step() / 2;
      for (Measurement.CodeShare bar : frame.bars()) {
        double level = frame.level(bar.code());
        double below = bar.equals(frame.lowest()) ? 0 : normal.cumulativeProbability(level - half);
        double above = bar.equals(frame.highest()) ? 1 : normal.cumulativeProbability(level + half);
        // Four standard deviations of a share of 100,000 values.
        assertEquals(above - below, bar.share(), 0.0064, frame.setting()::toString);
      }
    }
  }

  @Test
  void everythingElseIsAsSpecified() {
    List<Integer> threeBits = List.of(1, 4, 6, 8);
    List<Integer> farData = List.of(2, 5, 7, 9);
    figures.forEach(
        (number, measured) -> {
          Figure figure = measured.figure();
          assertEquals(threeBits.contains(number) ? 3 : 2, figure.spec().bits());
          assertEquals(farData.contains(number) ? -2 : 0, figure.data().mean(), WITHIN);
          assertEquals(1, figure.data().spread(), WITHIN);
          assertEquals(100_000, figure.data().count());
          assertTrue(figure.keyFrames().contains(0));
          assertTrue(figure.keyFrames().contains(figure.sweep().settings().size() - 1));
        });
  }

  @Test
  void theSeedMakesTheData() {
    Sampling sampling = new Sampling(100, 7);
    double[] first = TenFigures.of(List.of(3), sampling).get(0).data().values();
    double[] again = TenFigures.of(List.of(3), sampling).get(0).data().values();
    double[] other = TenFigures.of(List.of(3), new Sampling(100, 8)).get(0).data().values();

    assertEquals(first[0], again[0]);
    assertEquals(first[99], again[99]);
    assertTrue(first[0] != other[0]);
  }

  @Test
  void otherNumbersAreRefused() {
    String message =
        assertThrows(ReportException.class, () -> TenFigures.of(List.of(11), new Sampling(100, 1)))
            .getMessage();
    assertTrue(message.contains("1 to 10") && message.contains("11"), message);
  }
}
