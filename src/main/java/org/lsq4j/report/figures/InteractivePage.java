package org.lsq4j.report.figures;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.report.html.HtmlPage;
import org.lsq4j.report.text.Messages;

/**
 * A page on which one moves s and z of a quantizer and sees what becomes of data. It holds its
 * data, as 32-bit floats, so that what it computes can be checked against {@code FakeQuantizer}.
 *
 * @param data what can be chosen on the page, the first being shown first
 */
public record InteractivePage(List<FigureData> data) {

  /** As many values as a browser quantizes many times a second. */
  public static final int MOST_VALUES = 20_000;

  /** Copies the list. */
  public InteractivePage {
    data = List.copyOf(data);
  }

  /**
   * All distributions, behind data of the user's own if there is any.
   *
   * @param sampling at most {@link #MOST_VALUES} are drawn
   */
  public static InteractivePage of(Optional<DataSource> own, Sampling sampling) {
    Sampling limited = new Sampling(Math.min(sampling.count(), MOST_VALUES), sampling.seed());
    List<FigureData> data = new ArrayList<>();
    own.ifPresent(source -> data.add(source.read(limited)));
    for (Distribution distribution : Distribution.values()) {
      if (data.stream().noneMatch(known -> known.name().equals(distribution.word()))) {
        data.add(distribution.draw(0, limited));
      }
    }
    return new InteractivePage(data);
  }

  /** The page. */
  public String html(Messages messages) {
    Map<String, String> texts = messages.startingWith("interactive.");
    Map<String, String> names = messages.startingWith("distribution.");
    List<Map<String, Object>> sets =
        data.stream()
            .map(
                set ->
                    Map.<String, Object>of(
                        "name", names.getOrDefault(set.name(), set.name()),
                        "values", base64(set.values())))
            .toList();
    Map<String, Object> settings =
        Map.of(
            "data",
            sets,
            "text",
            texts,
            "leastBits",
            CodeRange.MIN_BITS + 1,
            "mostBits",
            CodeRange.MAX_BITS);
    String body =
        HtmlPage.fill(
            InteractivePage.class,
            "interactive.mustache",
            Map.of(
                "text",
                texts,
                "sets",
                sets,
                "leastBits",
                CodeRange.MIN_BITS + 1,
                "mostBits",
                CodeRange.MAX_BITS));
    String script =
        "const PAGE = "
            + HtmlPage.json(settings)
            + ";\n"
            + HtmlPage.script(InteractivePage.class, "quantizer.js")
            + HtmlPage.script(InteractivePage.class, "interactive.js");
    return HtmlPage.of(new HtmlPage.Parts(texts.get("title"), messages.language(), body, script));
  }

  private static String base64(double[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    Arrays.stream(values).forEach(value -> bytes.putFloat((float) value));
    return Base64.getEncoder().encodeToString(bytes.array());
  }
}
