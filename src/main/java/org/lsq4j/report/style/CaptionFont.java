package org.lsq4j.report.style;

import java.awt.Font;
import java.awt.FontFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.lsq4j.report.ReportException;

/**
 * The font of captions. It comes with the program, so that pictures look alike on every machine and
 * Chinese captions need no installed font: Noto Sans SC, cut down to the characters of the texts by
 * {@code scripts/make-caption-font.sh}.
 */
public final class CaptionFont {

  private static final String FILE = "noto-sans-sc-captions.otf";
  private static Font font;

  private CaptionFont() {}

  /** The font in a size, in pixels of the picture. */
  public static Font plain(float size) {
    return font().deriveFont(size);
  }

  /** The same, bold. */
  public static Font bold(float size) {
    return font().deriveFont(Font.BOLD, size);
  }

  /**
   * A font that can show a text of the user's, such as a file name: the caption font, or if it
   * lacks a character, whatever the machine has.
   */
  public static Font plainFor(String text, float size) {
    return font().canDisplayUpTo(text) < 0
        ? plain(size)
        : new Font(Font.SANS_SERIF, Font.PLAIN, Math.round(size));
  }

  private static synchronized Font font() {
    if (font == null) {
      font = load();
    }
    return font;
  }

  private static Font load() {
    try (InputStream file = CaptionFont.class.getResourceAsStream(FILE)) {
      return Font.createFont(Font.TRUETYPE_FONT, file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (FontFormatException | RuntimeException | LinkageError e) {
      // Java's font code wants fontconfig and at least one installed font, or it fails as a whole.
      throw new ReportException(
          "Java cannot draw text on this machine ("
              + e
              + "); install a font and fontconfig: apt-get install fontconfig fonts-dejavu-core",
          e);
    }
  }
}
