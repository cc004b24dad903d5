package org.lsq4j.report.figures;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerSpec;
import org.lsq4j.quantizer.StepAndOffset;
import org.lsq4j.report.ReportException;

/**
 * The ten figures of how s and z act: Gaussian data around 0 or -2, 3 or 2 bits, and what is not
 * swept at s = 1, z = 0.
 */
public final class TenFigures {

  /** How many there are. */
  public static final int COUNT = 10;

  private static final double CENTERED = 0;
  private static final double LEFT = -2;
  private static final List<StepAndOffset> TOO_FINE_BEST_TOO_COARSE =
      List.of(new StepAndOffset(0.5, 0), new StepAndOffset(1, 0.5), new StepAndOffset(2, 1));
  private static final int FRAMES_BETWEEN = 20;

  private final Sampling sampling;
  private final Map<Double, FigureData> drawn = new HashMap<>();

  private TenFigures(Sampling sampling) {
    this.sampling = sampling;
  }

  /** All ten, in order. */
  public static List<Figure> all(Sampling sampling) {
    return of(IntStream.rangeClosed(1, COUNT).boxed().toList(), sampling);
  }

  /**
   * Some of them.
   *
   * @param numbers 1 to 10
   * @throws ReportException if there is no such figure
   */
  public static List<Figure> of(List<Integer> numbers, Sampling sampling) {
    TenFigures figures = new TenFigures(sampling);
    return numbers.stream().map(figures::figure).toList();
  }

  private Figure figure(int number) {
    return switch (number) {
      case 1 -> new Plan(number, CENTERED, 3).offsets(new Range(0, 5, 51), 0, 2, 3.5, 5);
      case 2 -> new Plan(number, LEFT, 2).offsets(new Range(0, 2, 41), 0, 1, 2);
      case 3 -> new Plan(number, CENTERED, 2).offsets(new Range(0, 2, 41), 0, 0.5, 2);
      case 4 -> new Plan(number, CENTERED, 3).offsets(new Range(0, -3, 31), 0, -1.5, -3);
      case 5 -> new Plan(number, LEFT, 2).offsets(new Range(0, -3, 31), 0, -1.5, -3);
      case 6 -> new Plan(number, CENTERED, 3).steps(new Range(0.25, 4, 41), 0.25, 0.5, 1, 4);
      case 7 -> new Plan(number, LEFT, 2).steps(new Range(0.5, 4, 31), 0.5, 1, 2, 4);
      case 8 -> new Plan(number, CENTERED, 3).steps(new Range(2, 0.1, 41), 2, 0.5, 0.1);
      case 9 -> new Plan(number, LEFT, 2).steps(new Range(2, 0.25, 31), 2, 1, 0.25);
      case 10 ->
          new Plan(number, CENTERED, 2)
              .figure(
                  Sweep.through(TOO_FINE_BEST_TOO_COARSE, FRAMES_BETWEEN),
                  TOO_FINE_BEST_TOO_COARSE);
      default ->
          throw new ReportException(
              "--figure: there are figures 1 to " + COUNT + ", got " + number);
    };
  }

  /** What is common to all figures of data around a mean. */
  private final class Plan {
    private static final double STEP = 1;
    private static final double OFFSET = 0;

    private final int number;
    private final double mean;
    private final int bits;

    Plan(int number, double mean, int bits) {
      this.number = number;
      this.mean = mean;
      this.bits = bits;
    }

    Figure offsets(Range offsets, double... key) {
      return figure(
          Sweep.ofOffsets(offsets, STEP),
          Arrays.stream(key).mapToObj(z -> new StepAndOffset(STEP, z)).toList());
    }

    Figure steps(Range steps, double... key) {
      return figure(
          Sweep.ofSteps(steps, OFFSET),
          Arrays.stream(key).mapToObj(s -> new StepAndOffset(s, OFFSET)).toList());
    }

    Figure figure(Sweep sweep, List<StepAndOffset> key) {
      QuantizerSpec spec =
          QuantizerSpec.activations(bits, CodeSign.SIGNED).withOffset(OffsetMode.REAL);
      FigureData data =
          drawn.computeIfAbsent(mean, center -> Distribution.NORMAL.draw(center, sampling));
      return new Figure(number, data, spec, sweep, key.stream().map(sweep::nearest).toList());
    }
  }
}
