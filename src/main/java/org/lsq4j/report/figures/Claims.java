package org.lsq4j.report.figures;

import java.util.Comparator;
import java.util.List;
import org.lsq4j.report.figures.Measurement.CodeShare;
import org.lsq4j.report.text.Messages;
import org.lsq4j.report.text.Numbers;

/** What a figure shows and where that stops holding, in words, with the numbers measured. */
final class Claims {

  private final MeasuredFigure measured;
  private final Messages messages;
  private final Numbers numbers;

  Claims(MeasuredFigure measured, Messages messages) {
    this.measured = measured;
    this.messages = messages;
    this.numbers = measured.values();
  }

  /** What the figure shows. */
  String claim() {
    return switch (kind()) {
      case OFFSET_UP, OFFSET_DOWN -> offsetClaim();
      case STEP_UP, STEP_DOWN -> stepClaim();
      case TOGETHER -> togetherClaim();
    };
  }

  private String offsetClaim() {
    return messages.get(
        "claim." + kind(),
        offset(measured.first()),
        offset(measured.last()),
        Numbers.fixed(measured.first().meanCode(), 2),
        Numbers.fixed(measured.last().meanCode(), 2));
  }

  private String stepClaim() {
    return messages.get(
        "claim." + kind(),
        step(measured.first()),
        step(measured.last()),
        Numbers.fixed(measured.first().codeSpread(), 2),
        Numbers.fixed(measured.last().codeSpread(), 2),
        Numbers.percent(edges(measured.first())),
        Numbers.percent(edges(measured.last())));
  }

  private static double edges(Measurement measurement) {
    return measurement.lowest().share() + measurement.highest().share();
  }

  private String togetherClaim() {
    Measurement best = measured.best();
    return messages.get(
        bestIsAnEnd() ? "claim.TOGETHER.end" : "claim.TOGETHER",
        setting(best),
        numbers.squared(best.error()),
        Numbers.percent(best.clipped()),
        setting(measured.first()),
        numbers.squared(measured.first().error()),
        setting(measured.last()),
        numbers.squared(measured.last().error()));
  }

  private boolean bestIsAnEnd() {
    return measured.best() == measured.first() || measured.best() == measured.last();
  }

  /** Where the claim stops holding. */
  String limit() {
    return switch (kind()) {
      case OFFSET_UP, OFFSET_DOWN -> offsetLimit();
      case STEP_UP -> stepUpLimit();
      case STEP_DOWN -> stepDownLimit();
      case TOGETHER -> togetherLimit();
    };
  }

  private String offsetLimit() {
    List<Measurement> returning = measured.returning();
    if (returning.isEmpty()) {
      return messages.get(
          "limit.offset.never",
          numbers.value(measured.figure().data().mean()),
          numbers.value(measured.first().meanValue()),
          numbers.value(measured.last().meanValue()),
          Numbers.percent(measured.last().clipped()));
    }
    Measurement farthest = measured.measurements().stream().max(byDistance()).orElseThrow();
    return messages.get(
        measured.returns(farthest) ? "limit.offset.all" : "limit.offset",
        offset(returning.get(0)),
        offset(returning.get(returning.size() - 1)),
        Numbers.percent(returning.stream().mapToDouble(Measurement::clipped).max().orElseThrow()),
        offset(farthest),
        numbers.value(farthest.meanValue()),
        Numbers.percent(farthest.clipped()));
  }

  private Comparator<Measurement> byDistance() {
    double mean = measured.figure().data().mean();
    return Comparator.comparingDouble(frame -> Math.abs(frame.meanValue() - mean));
  }

  private String stepUpLimit() {
    Measurement last = measured.last();
    List<CodeShare> frequent = last.byFrequency();
    double fromOffset = measured.figure().data().mean() - last.setting().offset();
    return messages.get(
        "limit.STEP_UP",
        step(last),
        Integer.toString(frequent.get(0).code()),
        Numbers.percent(frequent.get(0).share()),
        Integer.toString(frequent.get(1).code()),
        Numbers.percent(frequent.get(1).share()),
        numbers.value(fromOffset),
        Numbers.fixed(fromOffset / last.setting().step(), 2));
  }

  private String stepDownLimit() {
    Measurement last = measured.last();
    return messages.get(
        measured.best() == last ? "limit.STEP_DOWN.end" : "limit.STEP_DOWN",
        step(measured.best()),
        numbers.squared(measured.best().error()),
        step(last),
        numbers.squared(last.error() - last.clippingError()),
        numbers.squared(last.clippingError()));
  }

  private String togetherLimit() {
    return messages.get(
        bestIsAnEnd() ? "limit.TOGETHER.end" : "limit.TOGETHER",
        setting(measured.first()),
        Numbers.percent(measured.first().clipped()),
        setting(measured.last()),
        Numbers.percent(measured.last().clipped()));
  }

  private Sweep.Kind kind() {
    return measured.figure().sweep().kind();
  }

  private String offset(Measurement measurement) {
    return measured.settings().value(measurement.setting().offset());
  }

  private String step(Measurement measurement) {
    return measured.settings().value(measurement.setting().step());
  }

  private String setting(Measurement measurement) {
    return "(" + step(measurement) + ", " + offset(measurement) + ")";
  }
}
