package org.lsq4j.report.figures;

import java.util.List;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.report.figures.Measurement.CodeShare;

/**
 * The ends of a figure's axes: the same in all frames, or the eye would see the axes move.
 *
 * @param from left end of the axis of values
 * @param to its right end
 * @param share top of the axis of shares
 */
record Axes(double from, double to, double share) {

  private static final double MARGIN = 0.03;
  private static final double ROOM = 1.08;
  // Windows of large steps reach far beyond the data, where nothing is to be seen.
  private static final double MOST_BEYOND = 0.5;

  static Axes of(MeasuredFigure measured) {
    Reach reach = new Reach(measured.figure().data());
    measured.measurements().forEach(reach::include);
    double margin = MARGIN * (reach.to - reach.from);
    double highest =
        measured.measurements().stream()
            .flatMap(measurement -> measurement.bars().stream())
            .mapToDouble(CodeShare::share)
            .max()
            .orElseThrow();
    return new Axes(reach.from - margin, reach.to + margin, ROOM * highest);
  }

  /** How far the axis of values reaches. */
  private static final class Reach {
    private final double least;
    private final double most;
    private double from;
    private double to;

    Reach(FigureData data) {
      from = data.lowest();
      to = data.highest();
      double beyond = MOST_BEYOND * (to - from);
      least = from - beyond;
      most = to + beyond;
    }

    void include(Measurement measurement) {
      // The window, as far as it is near the data, and in any case what the data became.
      from = Math.min(from, Math.max(least, measurement.level(measurement.lowest().code())));
      to = Math.max(to, Math.min(most, measurement.level(measurement.highest().code())));
      List<CodeShare> used = measurement.bars().stream().filter(bar -> bar.share() > 0).toList();
      from = Math.min(from, measurement.level(used.get(0).code()));
      to = Math.max(to, measurement.level(used.get(used.size() - 1).code()));
    }
  }

  /** Ends of the axis of codes. */
  static double[] codes(CodeRange range) {
    return new double[] {range.lowest() - 0.7, range.highest() + 0.7};
  }
}
