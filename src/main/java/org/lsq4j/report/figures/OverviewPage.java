package org.lsq4j.report.figures;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.lsq4j.report.html.HtmlPage;
import org.lsq4j.report.text.Messages;
import org.lsq4j.report.text.Numbers;

/** One page with figures, what each claims, what was measured, and where the claim ends. */
public final class OverviewPage {

  private static final String TEXTS = "overview.";

  private final Messages messages;
  private final List<Map<String, Object>> sections = new ArrayList<>();
  private final List<Map<String, Object>> curves = new ArrayList<>();
  private int samples;

  /** An empty page. */
  public OverviewPage(Messages messages) {
    this.messages = messages;
  }

  /** Adds a figure below the others. */
  public void add(MeasuredFigure measured, FigurePictures pictures) {
    samples = measured.figure().data().count();
    sections.add(section(measured, pictures));
    curves.add(curves(measured));
  }

  /** The page. */
  public String html() {
    Map<String, String> texts = messages.startingWith(TEXTS);
    texts.put("samples", messages.get(TEXTS + "samples", Numbers.whole(samples)));
    String heading = texts.get("heading");
    String body =
        HtmlPage.fill(
            OverviewPage.class, "overview.mustache", Map.of("text", texts, "figures", sections));
    String script =
        "const DATA = "
            + HtmlPage.json(curves)
            + ", TEXT = "
            + HtmlPage.json(texts)
            + ";\n"
            + HtmlPage.script(OverviewPage.class, "overview.js");
    return HtmlPage.of(new HtmlPage.Parts(heading, messages.language(), body, script));
  }

  private Map<String, Object> section(MeasuredFigure measured, FigurePictures pictures) {
    Captions captions = new Captions(measured, messages);
    Claims claims = new Claims(measured, messages);
    Figure figure = measured.figure();
    Map<String, Object> section = new HashMap<>();
    section.put("id", figure.fileName());
    section.put("short", figure.number() == 0 ? captions.title() : figure.number());
    section.put("title", captions.title());
    section.put("claim", claims.claim());
    section.put("limit", claims.limit());
    section.put("gif", HtmlPage.dataUri("image/gif", pictures.gif()));
    section.put("png", HtmlPage.dataUri("image/png", pictures.png()));
    section.put("lowest", figure.range().lowest());
    section.put("highest", figure.range().highest());
    section.put(
        "rows", measured.key().stream().map(row -> Map.of("cells", cells(measured, row))).toList());
    return section;
  }

  private static List<String> cells(MeasuredFigure measured, Measurement row) {
    FigureData data = measured.figure().data();
    Numbers numbers = measured.values();
    return List.of(
        measured.settings().value(row.setting().step()),
        measured.settings().value(row.setting().offset()),
        numbers.squared(row.error()),
        numbers.squared(row.error() - row.clippingError()),
        numbers.squared(row.clippingError()),
        Numbers.percent(row.clipped()),
        Numbers.fixed(row.meanCode(), 2),
        Numbers.fixed(row.codeSpread(), 2),
        Numbers.percent(row.lowest().share()),
        Numbers.percent(row.highest().share()),
        numbers.value(row.meanValue()),
        numbers.value(data.mean()));
  }

  private static Map<String, Object> curves(MeasuredFigure measured) {
    boolean overOffset =
        switch (measured.figure().sweep().kind()) {
          case OFFSET_UP, OFFSET_DOWN -> true;
          case STEP_UP, STEP_DOWN, TOGETHER -> false;
        };
    Map<String, Object> curves = new HashMap<>();
    curves.put("id", measured.figure().fileName());
    curves.put("xTitle", overOffset ? "z" : "s");
    curves.put(
        "x", all(measured, row -> overOffset ? row.setting().offset() : row.setting().step()));
    curves.put("error", all(measured, Measurement::error));
    curves.put("rounding", all(measured, row -> row.error() - row.clippingError()));
    curves.put("clipping", all(measured, Measurement::clippingError));
    curves.put("mean", all(measured, Measurement::meanValue));
    curves.put("dataMean", measured.figure().data().mean());
    return curves;
  }

  private static double[] all(MeasuredFigure measured, ToDoubleFunction<Measurement> value) {
    return measured.measurements().stream().mapToDouble(value).toArray();
  }
}
