package org.lsq4j.report.figures;

import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.lsq4j.report.style.AnimatedGif;
import org.lsq4j.report.text.Messages;

/**
 * The pictures of a figure.
 *
 * @param gif an animation of all settings
 * @param png a contact sheet: the key frames, one below the other
 */
@SuppressWarnings("ArrayRecordComponent") // written to files, never compared
public record FigurePictures(byte[] gif, byte[] png) {

  // Hundredths of a second.
  private static final int USUAL_TIME = 10;
  private static final int KEY_TIME = 70;
  private static final int LAST_TIME = 160;

  /** Draws them. */
  public static FigurePictures of(MeasuredFigure measured, Messages messages) {
    FramePainter painter = new FramePainter(measured, messages);
    List<BufferedImage> images = measured.measurements().stream().map(painter::paint).toList();
    List<Integer> key = measured.figure().keyFrames();
    List<AnimatedGif.Frame> frames = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      int usual = key.contains(i) ? KEY_TIME : USUAL_TIME;
      frames.add(new AnimatedGif.Frame(images.get(i), i == images.size() - 1 ? LAST_TIME : usual));
    }
    return new FigurePictures(
        AnimatedGif.encode(frames), sheet(key.stream().map(images::get).toList()));
  }

  private static byte[] sheet(List<BufferedImage> images) {
    int height = FramePainter.HEIGHT;
    BufferedImage sheet =
        new BufferedImage(FramePainter.WIDTH, images.size() * height, BufferedImage.TYPE_INT_RGB);
    Graphics2D canvas = sheet.createGraphics();
    for (int i = 0; i < images.size(); i++) {
      canvas.drawImage(images.get(i), 0, i * height, null);
    }
    canvas.dispose();
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      ImageIO.write(sheet, "png", bytes);
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
