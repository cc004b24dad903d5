package org.lsq4j.report.figures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.QuantizerSpec;
import org.lsq4j.report.Browser;
import org.lsq4j.report.text.Language;
import org.lsq4j.report.text.Messages;

/** What is written for figures. */
class FigureFilesTest {

  private static final long MOST_BYTES = 1_500_000;

  @TempDir private static Path folder;
  private static final List<Path> WRITTEN = new ArrayList<>();

  @BeforeAll
  static void write() {
    // The longest of the ten, and one with a sweep that falls.
    List<Figure> figures = TenFigures.of(List.of(1, 9), new Sampling(Sampling.USUAL_COUNT, 1));
    new FigureFiles(folder, Language.EN).write(figures, WRITTEN::add);
  }

  @Test
  void everyFigureHasAnAnimationAndASheet() throws IOException {
    assertEquals(
        Stream.of("figure-01.gif", "figure-01.png", "figure-09.gif", "figure-09.png", "index.html")
            .map(folder::resolve)
            .toList(),
        WRITTEN);
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(WRITTEN.size(), files.count(), "temporary files are left");
    }
  }

  @Test
  void animationsAreSmallAndHaveAFrameForEverySetting() throws IOException {
    Path gif = folder.resolve("figure-01.gif");
    assertTrue(Files.size(gif) < MOST_BYTES, () -> gif + " is too large");
    ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
    reader.setInput(ImageIO.createImageInputStream(gif.toFile()));
    assertEquals(51, reader.getNumImages(true));
    assertEquals(1200, reader.getWidth(0));
  }

  @Test
  void animationsShowWhatWasDrawn() throws IOException {
    MeasuredFigure measured =
        MeasuredFigure.of(TenFigures.of(List.of(9), new Sampling(Sampling.USUAL_COUNT, 1)).get(0));
    FramePainter painter = new FramePainter(measured, Messages.in(Language.EN));
    ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
    reader.setInput(ImageIO.createImageInputStream(folder.resolve("figure-09.gif").toFile()));
    BufferedImage screen = new BufferedImage(1200, 500, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < measured.measurements().size(); i++) {
      screen.getGraphics().drawImage(reader.read(i), 0, 0, null);
    }

    BufferedImage drawn = painter.paint(measured.last());
    long wrong = 0;
    for (int y = 0; y < 500; y++) {
      for (int x = 0; x < 1200; x++) {
        wrong += drawn.getRGB(x, y) == screen.getRGB(x, y) ? 0 : 1;
      }
    }
    // Of 600,000: rare shades at the edges of letters have the nearest color only.
    assertTrue(wrong < 6_000, wrong + " pixels differ");
  }

  @Test
  void sheetsShowTheKeyFrames() throws IOException {
    BufferedImage sheet = ImageIO.read(folder.resolve("figure-01.png").toFile());
    assertEquals(1200, sheet.getWidth());
    assertEquals(4 * 500, sheet.getHeight());
  }

  @Test
  void noFrameIsDrawnBeyondItsEdges() {
    for (Language language : Language.values()) {
      MeasuredFigure measured =
          MeasuredFigure.of(TenFigures.of(List.of(8), new Sampling(2_000, 1)).get(0));
      FramePainter painter = new FramePainter(measured, Messages.in(language));
      for (Measurement frame : measured.key()) {
        BufferedImage image = painter.paint(frame);
        for (int y = 0; y < image.getHeight(); y++) {
          assertEquals(0xFFFFFFFF, image.getRGB(0, y), "left edge");
          assertEquals(0xFFFFFFFF, image.getRGB(image.getWidth() - 1, y), "right edge");
        }
        for (int x = 0; x < image.getWidth(); x++) {
          assertEquals(0xFFFFFFFF, image.getRGB(x, 0), "upper edge");
          assertEquals(0xFFFFFFFF, image.getRGB(x, image.getHeight() - 1), "lower edge");
        }
      }
    }
  }

  @Test
  void thePageHasClaimsNumbersAndLimits() throws IOException {
    String page = Files.readString(folder.resolve("index.html")).replace("&#x3D;", "=");
    for (String expected :
        List.of(
            "Figure 1: offset z rises",
            "no code ever increases",
            "The return holds from z = 0.00 to z = 2.8",
            "mean of xHat is 1.07",
            "Figure 9: step s shrinks",
            "A finer step is not a smaller error")) {
      assertTrue(page.contains(expected), expected);
    }
    assertFalse(page.replace("https://github.com/leeoniya/uPlot", "").contains("https://"));
  }

  @Test
  void chinesePagesAreChinese() {
    OverviewPage page = new OverviewPage(Messages.in(Language.ZH));
    MeasuredFigure measured =
        MeasuredFigure.of(TenFigures.of(List.of(10), new Sampling(1_000, 1)).get(0));
    page.add(measured, new FigurePictures(new byte[0], new byte[0]));
    assertTrue(page.html().contains("lang=\"zh-CN\""));
    assertTrue(page.html().contains("\u56fe 10\uff1as \u4e0e z \u540c\u65f6\u53d8\u5316"));
  }

  @Test
  void usersNamesAreEscaped() {
    FigureData data =
        new FigureData(
            "<b>&'</script>", Distribution.NORMAL.draw(0, new Sampling(500, 1)).values());
    Exploration exploration =
        new Exploration(
            QuantizerSpec.weights(8).withSign(CodeSign.UNSIGNED),
            Optional.of(0.1),
            0,
            Optional.empty(),
            Optional.of(new Range(0, 1, 2)));
    OverviewPage page = new OverviewPage(Messages.in(Language.EN));
    MeasuredFigure measured = MeasuredFigure.of(exploration.of(data));
    page.add(measured, FigurePictures.of(measured, Messages.in(Language.EN)));

    assertEquals("figure--b-script-", measured.figure().fileName());
    assertFalse(page.html().contains("<b>&"));
    assertTrue(page.html().contains("&lt;b&gt;"));
  }

  @Test
  void thePageWorksInABrowser() {
    try (Browser browser = Browser.start()) {
      browser.open(folder.resolve("index.html"), 1280);
      assertEquals(1200, browser.number("document.images[1].naturalWidth"));
      assertEquals(4, browser.number("document.querySelectorAll('.chart canvas').length"));
      browser.assertNothingLogged();
      browser.open(folder.resolve("index.html"), 390);
      browser.assertFitsWidth();
      browser.assertNothingLogged();
    }
  }
}
