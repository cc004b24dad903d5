package org.lsq4j.report.figures;

import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.lsq4j.quantizer.CalibrationSample;
import org.lsq4j.quantizer.InitializerKind;
import org.lsq4j.quantizer.Initializers;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.quantizer.QuantizerSpec;
import org.lsq4j.quantizer.StepAndOffset;
import org.lsq4j.report.ReportException;

/**
 * A figure of the user's own.
 *
 * @param spec bits, sign and span
 * @param step s where it is not swept; empty for the one of least squared error
 * @param offset z where it is not swept
 * @param steps the steps to go through, in equal ratios
 * @param offsets the offsets to go through, at equal distances; with both, as many as steps
 */
public record Exploration(
    QuantizerSpec spec,
    Optional<Double> step,
    double offset,
    Optional<Range> steps,
    Optional<Range> offsets) {

  private static final double USUAL_RATIO = 4;
  private static final int USUAL_FRAMES = 41;
  private static final int KEY_FRAMES = 4;

  /** Checks steps and counts. */
  public Exploration {
    step.ifPresent(s -> requirePositive("--step", s));
    steps.ifPresent(range -> requirePositive("--step-sweep", range.from()));
    steps.ifPresent(range -> requirePositive("--step-sweep", range.to()));
    if (!Double.isFinite(offset)) {
      throw new ReportException("--offset: must be a finite number, got " + offset);
    }
    if (steps.isPresent() && offsets.isPresent() && steps.get().count() != offsets.get().count()) {
      throw new ReportException(
          "--step-sweep and --offset-sweep together go through pairs, so both need the same count,"
              + " got "
              + steps.get().count()
              + " and "
              + offsets.get().count());
    }
  }

  private static void requirePositive(String option, double step) {
    if (!(step > 0) || Double.isInfinite(step)) {
      throw new ReportException(option + ": steps must be positive and finite, got " + step);
    }
  }

  /** The figure of some data. */
  public Figure of(FigureData data) {
    Sweep sweep = sweep(data);
    int last = sweep.settings().size() - 1;
    List<Integer> key =
        IntStream.range(0, KEY_FRAMES)
            .mapToObj(i -> i * last / (KEY_FRAMES - 1))
            .distinct()
            .toList();
    return new Figure(0, data, spec.withOffset(OffsetMode.REAL), sweep, key);
  }

  private Sweep sweep(FigureData data) {
    if (steps.isPresent() && offsets.isPresent()) {
      Range s = steps.get();
      Range z = offsets.get();
      return new Sweep(
          IntStream.range(0, s.count())
              .mapToObj(i -> new StepAndOffset(s.geometric(i), z.linear(i)))
              .toList());
    }
    if (offsets.isPresent()) {
      return Sweep.ofOffsets(offsets.get(), step.orElseGet(() -> best(data)));
    }
    return Sweep.ofSteps(steps.orElseGet(() -> around(best(data))), offset);
  }

  private static Range around(double best) {
    return new Range(best / USUAL_RATIO, best * USUAL_RATIO, USUAL_FRAMES);
  }

  private double best(FigureData data) {
    CalibrationSample sample = new CalibrationSample();
    DoubleStream.of(data.values()).forEach(value -> sample.add(value - offset));
    QuantizerSpec without = spec.withOffset(OffsetMode.NONE).withInitializer(InitializerKind.MSE);
    return Initializers.initialize(sample, without, QuantizerRole.WEIGHT).step();
  }
}
