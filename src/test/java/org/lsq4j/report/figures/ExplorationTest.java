package org.lsq4j.report.figures;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.commons.math3.stat.StatUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.CodeSpan;
import org.lsq4j.quantizer.QuantizerSpec;
import org.lsq4j.quantizer.StepAndOffset;
import org.lsq4j.report.ReportException;

/** Figures of the user's own. */
class ExplorationTest {

  private static final Sampling SAMPLING = new Sampling(20_000, 1);
  private static final QuantizerSpec TWO_BITS = QuantizerSpec.activations(2, CodeSign.SIGNED);

  @TempDir private Path folder;

  private FigureData read(String text) {
    return new DataSource(text, 0, folder).read(SAMPLING);
  }

  private static Exploration exploration(Optional<Range> steps, Optional<Range> offsets) {
    return new Exploration(TWO_BITS, Optional.empty(), 0.5, steps, offsets);
  }

  private static String error(Runnable work) {
    return assertThrows(ReportException.class, work::run).getMessage();
  }

  @ParameterizedTest
  @EnumSource(Distribution.class)
  void distributionsHaveTheirMeanAndSpread(Distribution distribution) {
    FigureData data = new DataSource(distribution.word(), -2, folder).read(SAMPLING);
    boolean rectified = distribution == Distribution.RELU_NORMAL;

    assertEquals(20_000, data.count());
    assertEquals(rectified ? 0.0085 : -2, data.mean(), 0.03);
    assertTrue(rectified ? data.lowest() == 0 : Math.abs(data.spread() - 1) < 0.03);
  }

  @Test
  void laplaceIsMorePeakedAndUniformLess() {
    assertEquals(6, kurtosis(Distribution.LAPLACE), 0.6);
    assertEquals(1.8, kurtosis(Distribution.UNIFORM), 0.05);
    assertEquals(3, kurtosis(Distribution.NORMAL), 0.15);
  }

  private static double kurtosis(Distribution distribution) {
    FigureData data = distribution.draw(0, SAMPLING);
    double[] powers = data.values().clone();
    for (int i = 0; i < powers.length; i++) {
      powers[i] = Math.pow((powers[i] - data.mean()) / data.spread(), 4);
    }
    return StatUtils.mean(powers);
  }

  @Test
  void numbersAreReadFromFiles() throws IOException {
    Path file = folder.resolve("numbers.csv");
    Files.writeString(file, "first,second\n1, 2.5e-1\n\n-3;4\t5\n");

    assertArrayEquals(new double[] {1, 0.25, -3, 4, 5}, read(file.toString()).values());
    assertEquals("numbers.csv", read(file.toString()).name());
  }

  @Test
  void filesOfExponentsHaveNoHeader() throws IOException {
    Path file = folder.resolve("numbers.csv");
    Files.writeString(file, "1E3\n2e3\n");
    assertArrayEquals(new double[] {1000, 2000}, read(file.toString()).values());
  }

  @Test
  void largeFilesAreSampledBySeed() throws IOException {
    Path file = folder.resolve("many.txt");
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 1000; i++) {
      text.append(i).append('\n');
    }
    Files.writeString(file, text);
    DataSource source = new DataSource(file.toString(), 0, folder);
    double[] chosen = source.read(new Sampling(100, 4)).values();

    assertEquals(100, chosen.length);
    assertEquals(499.5, StatUtils.mean(chosen), 100);
    assertEquals(100, java.util.Arrays.stream(chosen).distinct().count());
    assertArrayEquals(chosen, source.read(new Sampling(100, 4)).values());
  }

  @Test
  void brokenFilesAreRefusedWithLineAndWord() throws IOException {
    Path file = folder.resolve("numbers.csv");
    Files.writeString(file, "1\n2,x\n");
    String message = error(() -> read(file.toString()));
    assertTrue(message.contains("line 2") && message.contains("'x'"), message);

    Files.writeString(file, "value\n");
    assertTrue(error(() -> read(file.toString())).contains("two different values"));
    Files.writeString(file, "1\nNaN\n");
    assertTrue(error(() -> read(file.toString())).contains("NaN"));
    Files.writeString(file, "7\n7\n7\n");
    assertTrue(error(() -> read(file.toString())).contains("3 times 7.0"));
  }

  @Test
  void unknownDataIsRefusedWithWhatThereIs() {
    String message = error(() -> read("gauss"));
    assertTrue(message.contains("gauss") && message.contains("relu-normal"), message);
  }

  @Test
  void withoutASweepStepsGoAroundTheBest() {
    FigureData data = Distribution.NORMAL.draw(0, SAMPLING);
    Figure figure =
        new Exploration(TWO_BITS, Optional.empty(), 0.5, Optional.empty(), Optional.empty())
            .of(data);
    List<StepAndOffset> settings = figure.sweep().settings();

    assertEquals(41, settings.size());
    // The optimum of two bits with z = 0.5.
    assertEquals(1, settings.get(20).step(), 0.03);
    assertEquals(0.5, settings.get(20).offset());
    assertEquals(16, settings.get(40).step() / settings.get(0).step(), 1e-9);
    double best = MeasuredFigure.of(figure).best().setting().step();
    assertEquals(settings.get(20).step(), best, 0.08);
  }

  @Test
  void bothSweepsGoAlong() {
    Sweep sweep =
        exploration(Optional.of(new Range(0.5, 2, 3)), Optional.of(new Range(0, 1, 3)))
            .of(Distribution.NORMAL.draw(0, SAMPLING))
            .sweep();
    assertEquals(
        List.of(new StepAndOffset(0.5, 0), new StepAndOffset(1, 0.5), new StepAndOffset(2, 1)),
        sweep.settings());
    assertEquals(Sweep.Kind.TOGETHER, sweep.kind());
  }

  @Test
  void offsetsGoWithTheBestOrTheGivenStep() {
    Optional<Range> offsets = Optional.of(new Range(1, -1, 5));
    FigureData data = Distribution.NORMAL.draw(0, SAMPLING);
    Sweep best = exploration(Optional.empty(), offsets).of(data).sweep();
    Sweep given =
        new Exploration(TWO_BITS, Optional.of(0.7), 0, Optional.empty(), offsets).of(data).sweep();

    assertEquals(1, best.settings().get(0).step(), 0.03);
    assertEquals(0.7, given.settings().get(0).step());
    assertEquals(Sweep.Kind.OFFSET_DOWN, given.kind());
  }

  @Test
  void sweepsOfDifferentLengthsAreRefused() {
    String message =
        error(() -> exploration(Optional.of(new Range(1, 2, 3)), Optional.of(new Range(1, 2, 4))));
    assertTrue(message.contains("3 and 4"), message);
  }

  @Test
  void stepsMustBePositive() {
    assertTrue(
        error(() -> exploration(Optional.of(new Range(-1, 2, 3)), Optional.empty()))
            .contains("--step-sweep"));
    assertTrue(
        error(
                () ->
                    new Exploration(
                        TWO_BITS, Optional.of(0.0), 0, Optional.empty(), Optional.empty()))
            .contains("--step"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1:2", "1:2:3:4", "a:b:c", "1:1:5", "1:2:1", "1:2:201", "1:NaN:5", ""})
  void brokenRangesAreRefused(String text) {
    String message = error(() -> Range.parse("--step-sweep", text));
    assertTrue(message.contains("--step-sweep") && message.contains("from:to:count"), message);
  }

  @Test
  void rangesHitTheirEnds() {
    Range range = Range.parse("--step-sweep", "0.25:4:41");
    assertEquals(0.25, range.geometric(0));
    assertEquals(1, range.geometric(20), 1e-12);
    assertEquals(4, range.geometric(40));
    assertEquals(2.125, range.linear(20), 1e-12);
  }

  @Test
  void narrowCodesAreMeasured() {
    Figure figure =
        new Exploration(
                TWO_BITS.withSpan(CodeSpan.NARROW),
                Optional.empty(),
                0,
                Optional.of(new Range(0.5, 1, 2)),
                Optional.empty())
            .of(Distribution.UNIFORM.draw(0, SAMPLING));
    Measurement first = MeasuredFigure.of(figure).first();

    assertEquals(-1, first.lowest().code());
    assertEquals(1, first.highest().code());
    // Uniform on +-1.732: beyond 0.75 lie 1 - 0.75/1.732.
    assertEquals(0.567, first.clipped(), 0.02);
  }
}
