package org.lsq4j.report.style;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadataNode;
import org.junit.jupiter.api.Test;

class AnimatedGifTest {

  private static final int WIDTH = 60;
  private static final int HEIGHT = 40;

  private static BufferedImage square(int x, Color color) {
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D canvas = image.createGraphics();
    canvas.setColor(Color.WHITE);
    canvas.fillRect(0, 0, WIDTH, HEIGHT);
    canvas.setColor(color);
    canvas.fillRect(x, 10, 12, 12);
    canvas.dispose();
    return image;
  }

  /** As a browser shows it: each frame drawn over what was there. */
  private static List<BufferedImage> shown(ImageReader reader) throws IOException {
    List<BufferedImage> images = new ArrayList<>();
    BufferedImage screen = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < reader.getNumImages(true); i++) {
      screen.getGraphics().drawImage(reader.read(i), 0, 0, null);
      BufferedImage copy = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
      copy.getGraphics().drawImage(screen, 0, 0, null);
      images.add(copy);
    }
    return images;
  }

  private static ImageReader read(byte[] gif) throws IOException {
    ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
    reader.setInput(ImageIO.createImageInputStream(new ByteArrayInputStream(gif)));
    return reader;
  }

  private static void assertSame(BufferedImage expected, BufferedImage actual) {
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        assertEquals(expected.getRGB(x, y), actual.getRGB(x, y), x + ", " + y);
      }
    }
  }

  @Test
  void showsEveryFrameInItsColors() throws IOException {
    List<BufferedImage> images =
        List.of(
            square(5, Palette.CLIPPED), square(15, Palette.CODES), square(30, Palette.DEQUANTIZED));
    byte[] gif =
        AnimatedGif.encode(images.stream().map(image -> new AnimatedGif.Frame(image, 10)).toList());

    List<BufferedImage> shown = shown(read(gif));
    assertEquals(3, shown.size());
    for (int i = 0; i < 3; i++) {
      assertSame(images.get(i), shown.get(i));
    }
  }

  @Test
  void framesHaveTheirTimesAndRepeatForEver() throws IOException {
    ImageReader reader =
        read(
            AnimatedGif.encode(
                List.of(
                    new AnimatedGif.Frame(square(5, Palette.MARK), 70),
                    new AnimatedGif.Frame(square(9, Palette.MARK), 10))));

    assertEquals("70", time(reader, 0));
    assertEquals("10", time(reader, 1));
    IIOMetadataNode extension =
        (IIOMetadataNode) tree(reader, 0).getElementsByTagName("ApplicationExtension").item(0);
    assertEquals("NETSCAPE", extension.getAttribute("applicationID"));
    byte[] repetition = (byte[]) extension.getUserObject();
    assertEquals(0, repetition[1] + repetition[2], "0 repetitions mean for ever");
  }

  private static String time(ImageReader reader, int frame) throws IOException {
    IIOMetadataNode control =
        (IIOMetadataNode)
            tree(reader, frame).getElementsByTagName("GraphicControlExtension").item(0);
    return control.getAttribute("delayTime");
  }

  private static IIOMetadataNode tree(ImageReader reader, int frame) throws IOException {
    return (IIOMetadataNode)
        reader.getImageMetadata(frame).getAsTree("javax_imageio_gif_image_1.0");
  }

  @Test
  void rareColorsAreReducedToTheNearest() throws IOException {
    BufferedImage image = square(5, Palette.CODES);
    // 300 shades of grey and blue, one pixel of each; darker ones are left out of the table.
    for (int i = 0; i < 300; i++) {
      image.setRGB(i % WIDTH, 30 + i / WIDTH, new Color(i % 150, i % 150, i / 2).getRGB());
    }
    BufferedImage shown =
        shown(read(AnimatedGif.encode(List.of(new AnimatedGif.Frame(image, 10))))).get(0);

    for (int i = 0; i < WIDTH * HEIGHT; i++) {
      Color expected = new Color(image.getRGB(i % WIDTH, i / WIDTH));
      Color actual = new Color(shown.getRGB(i % WIDTH, i / WIDTH));
      int most = i / WIDTH < 30 ? 0 : 90;
      assertTrue(Math.abs(expected.getRed() - actual.getRed()) <= most, expected + " " + actual);
      assertTrue(Math.abs(expected.getBlue() - actual.getBlue()) <= most, expected + " " + actual);
    }
  }
}
