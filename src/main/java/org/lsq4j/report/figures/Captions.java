package org.lsq4j.report.figures;

import java.util.List;
import org.lsq4j.report.text.Messages;
import org.lsq4j.report.text.Numbers;

/** What is written on a figure, with the numbers that were measured. */
final class Captions {

  // With fewer clipped values it is not they that move the mean.
  private static final double FEW = 0.01;

  private final MeasuredFigure measured;
  private final Messages messages;
  private final Numbers numbers;

  Captions(MeasuredFigure measured, Messages messages) {
    this.measured = measured;
    this.messages = messages;
    this.numbers = measured.values();
  }

  /** Number, what is swept, data and codes, in one line. */
  String title() {
    Figure figure = measured.figure();
    String what =
        messages.get(
            "title.what",
            messages.get("title." + figure.sweep().kind()),
            dataName(),
            Integer.toString(figure.spec().bits()),
            figure.range().lowest() + " .. " + figure.range().highest());
    return figure.number() == 0
        ? what
        : messages.get("title.numbered", Integer.toString(figure.number()), what);
  }

  private String dataName() {
    FigureData data = measured.figure().data();
    return measured.figure().number() == 0
        ? data.name()
        : messages.get("data.normal", Long.toString(Math.round(data.mean())));
  }

  /** The numbers of a frame. */
  List<String> numbers(Measurement measurement) {
    return List.of(
        "s = " + measured.settings().value(measurement.setting().step()),
        "z = " + measured.settings().value(measurement.setting().offset()),
        messages.get("number.error", numbers.squared(measurement.error())),
        messages.get("number.clipped", Numbers.percent(measurement.clipped())),
        messages.get("number.meanCode", Numbers.fixed(measurement.meanCode(), 2)),
        messages.get(
            "number.meanValue",
            numbers.value(measurement.meanValue()),
            numbers.value(measured.figure().data().mean())));
  }

  /** What to see in a frame. */
  String note(Measurement measurement) {
    if (isOffsetSweep()) {
      return messages.get(offsetNote(measurement));
    }
    double rounding = measurement.error() - measurement.clippingError();
    String parts =
        messages.get(
            "note.errors", numbers.squared(rounding), numbers.squared(measurement.clippingError()));
    return messages.get(warns(measurement) ? "note.clipping" : "note.rounding", parts);
  }

  private String offsetNote(Measurement measurement) {
    if (measured.returns(measurement)) {
      return "note.returns";
    }
    return measurement.clipped() > FEW ? "note.moves" : "note.coarse";
  }

  /** Whether the note tells of what the simple claim leaves out. */
  boolean warns(Measurement measurement) {
    return isOffsetSweep()
        ? !measured.returns(measurement)
        : measurement.clippingError() > measurement.error() / 2;
  }

  private boolean isOffsetSweep() {
    return switch (measured.figure().sweep().kind()) {
      case OFFSET_UP, OFFSET_DOWN -> true;
      case STEP_UP, STEP_DOWN, TOGETHER -> false;
    };
  }
}
