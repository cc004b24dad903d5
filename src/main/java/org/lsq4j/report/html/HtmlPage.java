package org.lsq4j.report.html;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import java.awt.Color;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.lsq4j.report.style.Palette;
import org.lsq4j.report.text.Language;

/**
 * Pages that need nothing but themselves: style, scripts, pictures and data are inside, and the
 * page forbids the browser to load anything else. Bodies are Mustache templates.
 */
public final class HtmlPage {

  private static final String SHELL = "page.mustache";
  private static final ObjectMapper JSON = new ObjectMapper();

  private HtmlPage() {}

  /**
   * What a page consists of.
   *
   * @param title its title, plain text
   * @param language of its texts
   * @param body its body in HTML
   * @param script its own script, run at the end of the page; uPlot is loaded before
   */
  public record Parts(String title, Language language, String body, String script) {}

  /** Fills a template: {@code {{name}}} escapes for HTML, {@code {{{name}}}} does not. */
  public static String fill(Class<?> owner, String template, Object values) {
    return compile(Resources.text(owner, template)).execute(values);
  }

  /** A script of the program, to be put into a page. */
  public static String script(Class<?> owner, String name) {
    return Resources.text(owner, name);
  }

  /** The whole page. */
  public static String of(Parts parts) {
    Map<String, String> values = new HashMap<>();
    values.put("title", parts.title);
    values.put("lang", parts.language.tag());
    values.put("colors", colors());
    values.put("style", Resources.text(HtmlPage.class, "page.css"));
    values.put("chartStyle", Resources.uplot("dist/uPlot.min.css"));
    values.put("chartScript", Resources.uplot("dist/uPlot.iife.min.js"));
    values.put("chartLicense", Resources.uplot("LICENSE"));
    values.put("chartHelpers", Resources.text(HtmlPage.class, "charts.js"));
    values.put("body", parts.body);
    values.put("script", parts.script);
    return compile(Resources.text(HtmlPage.class, SHELL)).execute(values);
  }

  /** Values as JSON that may stand inside a script. */
  public static String json(Object values) {
    try {
      // Or a text could end the script.
      return JSON.writeValueAsString(values).replace("<", "\\u003c");
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** A picture as an address that holds the picture itself. */
  public static String dataUri(String type, byte[] content) {
    return "data:" + type + ";base64," + Base64.getEncoder().encodeToString(content);
  }

  private static Template compile(String template) {
    return Mustache.compiler().compile(template);
  }

  /** The palette as CSS variables. */
  private static String colors() {
    Map<String, Color> colors = new LinkedHashMap<>();
    colors.put("data", Palette.DATA);
    colors.put("data-behind", Palette.DATA_BEHIND);
    colors.put("codes", Palette.CODES);
    colors.put("dequantized", Palette.DEQUANTIZED);
    colors.put("clipped", Palette.CLIPPED);
    colors.put("mark", Palette.MARK);
    colors.put("ink", Palette.INK);
    colors.put("faint", Palette.FAINT);
    for (int i = 0; i < Palette.SERIES.size(); i++) {
      colors.put("series-" + i, Palette.SERIES.get(i));
    }
    return colors.entrySet().stream()
        .map(color -> "--" + color.getKey() + ":" + Palette.css(color.getValue()))
        .collect(Collectors.joining(";", ":root{", "}"));
  }
}
