package org.lsq4j.report.style;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.lsq4j.report.style.Charts.LineLook;

class LegendTest {

  private static final int WIDTH = 300;

  private static List<Legend.Entry> entries(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> Legend.Entry.line("stage number " + i, LineLook.ofSeries(i)))
        .toList();
  }

  /** First column from the right that is not white. */
  private static int widthOf(List<Legend.Entry> line) {
    BufferedImage image = new BufferedImage(3 * WIDTH, 40, BufferedImage.TYPE_INT_RGB);
    Graphics2D canvas = image.createGraphics();
    canvas.setColor(Color.WHITE);
    canvas.fillRect(0, 0, image.getWidth(), image.getHeight());
    Legend.draw(canvas, line, 0, 30);
    canvas.dispose();
    return IntStream.range(0, image.getWidth())
        .filter(x -> IntStream.range(0, 40).anyMatch(y -> image.getRGB(x, y) != -1))
        .max()
        .orElseThrow();
  }

  @Test
  void noLineIsWiderThanItsPlace() {
    List<Legend.Entry> all = entries(11);

    List<List<Legend.Entry>> lines = Legend.lines(all, WIDTH);

    assertTrue(lines.size() > 1, "lines: " + lines.size());
    assertEquals(all, lines.stream().flatMap(List::stream).toList());
    for (List<Legend.Entry> line : lines) {
      assertTrue(widthOf(line) < WIDTH, "drawn: " + widthOf(line));
    }
  }

  @Test
  void entriesThatFitAreOneLine() {
    List<Legend.Entry> two = entries(2);

    assertEquals(List.of(two), Legend.lines(two, 2 * WIDTH));
  }

  @Test
  void entryWiderThanThePlaceHasALineOfItsOwn() {
    List<Legend.Entry> three = entries(3);

    assertEquals(three.stream().map(List::of).toList(), Legend.lines(three, 10));
  }

  @Test
  void colorsThatComeAgainHaveOtherDashes() {
    int colors = Palette.SERIES.size();

    assertEquals(LineLook.ofSeries(0).color(), LineLook.ofSeries(colors).color());
    List<LineLook> looks = IntStream.range(0, 3 * colors).mapToObj(LineLook::ofSeries).toList();
    assertEquals(3 * colors, looks.stream().distinct().count());
    assertNotEquals(looks.get(0), looks.get(1));
  }
}
