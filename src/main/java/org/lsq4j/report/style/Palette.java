package org.lsq4j.report.style;

import java.awt.Color;
import java.util.List;
import java.util.Locale;

/**
 * The colours of all figures and reports: those of Okabe and Ito, which people with any kind of
 * colour blindness tell apart (<i>Color Universal Design</i>, 2008), and what each one means.
 */
public final class Palette {

  /** Original data. */
  public static final Color DATA = new Color(0x56B4E9);

  /** Original data behind something else. */
  public static final Color DATA_BEHIND = new Color(0xBFE1F5);

  /** Integer codes. */
  public static final Color CODES = new Color(0x0072B2);

  /** Dequantized values. */
  public static final Color DEQUANTIZED = new Color(0x009E73);

  /** What clipping took. */
  public static final Color CLIPPED = new Color(0xD55E00);

  /** Levels, axes, text. */
  public static final Color INK = new Color(0x222222);

  /** Means and other marks over the data. */
  public static final Color MARK = new Color(0xCC79A7);

  /** Grid lines and frames. */
  public static final Color FAINT = new Color(0xD9D9D9);

  /** Behind everything. */
  public static final Color PAPER = Color.WHITE;

  /** For series without a meaning of their own, in this order. Yellow is too pale for lines. */
  public static final List<Color> SERIES =
      List.of(CODES, CLIPPED, DEQUANTIZED, MARK, new Color(0xE69F00), DATA, INK);

  private Palette() {}

  /** As CSS writes it: {@code #0072b2}. */
  public static String css(Color color) {
    return String.format(Locale.ROOT, "#%06x", color.getRGB() & 0xFFFFFF);
  }
}
