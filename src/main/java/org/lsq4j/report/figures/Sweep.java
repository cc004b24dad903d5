package org.lsq4j.report.figures;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.lsq4j.quantizer.StepAndOffset;

/**
 * The settings a figure goes through, one a frame.
 *
 * @param settings step and offset of each frame, at least two
 */
public record Sweep(List<StepAndOffset> settings) {

  /** What a sweep changes, and in which direction. */
  public enum Kind {
    /** The offset grows. */
    OFFSET_UP,
    /** The offset falls. */
    OFFSET_DOWN,
    /** The step grows. */
    STEP_UP,
    /** The step falls. */
    STEP_DOWN,
    /** Both change. */
    TOGETHER
  }

  /** Copies the settings. */
  public Sweep {
    settings = List.copyOf(settings);
    if (settings.size() < 2) {
      throw new IllegalArgumentException("A sweep needs two settings or more");
    }
  }

  /** Offsets at equal distances. */
  public static Sweep ofOffsets(Range offsets, double step) {
    return new Sweep(
        IntStream.range(0, offsets.count())
            .mapToObj(i -> new StepAndOffset(step, offsets.linear(i)))
            .toList());
  }

  /** Steps in equal ratios: twice the step is as far from s as half of it. */
  public static Sweep ofSteps(Range steps, double offset) {
    return new Sweep(
        IntStream.range(0, steps.count())
            .mapToObj(i -> new StepAndOffset(steps.geometric(i), offset))
            .toList());
  }

  /**
   * Straight from one setting to the next.
   *
   * @param knots settings to go through, two or more
   * @param parts frames from one to the next
   */
  public static Sweep through(List<StepAndOffset> knots, int parts) {
    List<StepAndOffset> settings = new ArrayList<>();
    for (int knot = 1; knot < knots.size(); knot++) {
      for (int part = 0; part < parts; part++) {
        settings.add(between(knots.get(knot - 1), knots.get(knot), (double) part / parts));
      }
    }
    settings.add(knots.get(knots.size() - 1));
    return new Sweep(settings);
  }

  private static StepAndOffset between(StepAndOffset from, StepAndOffset to, double way) {
    return new StepAndOffset(
        from.step() + way * (to.step() - from.step()),
        from.offset() + way * (to.offset() - from.offset()));
  }

  /** What changes from the first to the last setting. */
  public Kind kind() {
    StepAndOffset first = settings.get(0);
    StepAndOffset last = settings.get(settings.size() - 1);
    if (first.step() != last.step()) {
      if (first.offset() != last.offset()) {
        return Kind.TOGETHER;
      }
      return last.step() > first.step() ? Kind.STEP_UP : Kind.STEP_DOWN;
    }
    return last.offset() > first.offset() ? Kind.OFFSET_UP : Kind.OFFSET_DOWN;
  }

  /** The frame whose setting is nearest to a wanted one. */
  public int nearest(StepAndOffset wanted) {
    return IntStream.range(0, settings.size())
        .boxed()
        .min((a, b) -> Double.compare(distance(a, wanted), distance(b, wanted)))
        .orElseThrow();
  }

  private double distance(int index, StepAndOffset wanted) {
    StepAndOffset setting = settings.get(index);
    return Math.abs(Math.log(setting.step() / wanted.step()))
        + Math.abs(setting.offset() - wanted.offset());
  }
}
