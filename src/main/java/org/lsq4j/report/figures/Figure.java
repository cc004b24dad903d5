package org.lsq4j.report.figures;

import java.util.List;
import java.util.Locale;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.quantizer.QuantizerSpec;

/**
 * What a figure shows: data, a quantizer, and the steps and offsets it goes through.
 *
 * @param number 1 to 10; 0 for a figure of the user's own
 * @param data what is quantized
 * @param spec the quantizer, with a real offset
 * @param sweep one setting a frame
 * @param keyFrames indices of the settings that the contact sheet and the table show, ascending
 */
public record Figure(
    int number, FigureData data, QuantizerSpec spec, Sweep sweep, List<Integer> keyFrames) {

  /** Copies the key frames. */
  public Figure {
    keyFrames = List.copyOf(keyFrames);
  }

  /** Name of its files, without ending: {@code figure-03}, {@code figure-conv1-weights}. */
  public String fileName() {
    String id =
        number == 0
            ? data.name().replaceAll("[^\\p{Alnum}]+", "-")
            : String.format(Locale.ROOT, "%02d", number);
    return "figure-" + id;
  }

  /** The codes. */
  public CodeRange range() {
    return spec.range();
  }
}
