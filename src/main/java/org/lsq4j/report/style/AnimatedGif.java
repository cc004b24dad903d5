package org.lsq4j.report.style;

import java.awt.image.BufferedImage;
import java.awt.image.RenderedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOInvalidTreeException;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;

/**
 * Animated GIF files, by the writer of the JDK: it encodes; this class gives it one table of colors
 * for all frames, the times, and the order to repeat.
 */
public final class AnimatedGif {

  private static final String FORMAT = "javax_imageio_gif_image_1.0";
  private static final byte[] REPEAT_FOREVER = {1, 0, 0};

  private AnimatedGif() {}

  /**
   * A picture and how long it stays.
   *
   * @param image what to show; all frames of a file have the same size
   * @param hundredths time in hundredths of a second, as the format has it
   */
  public record Frame(BufferedImage image, int hundredths) {}

  /** The bytes of a file that repeats the frames for ever. */
  public static byte[] encode(List<Frame> frames) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
    try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
      writer.setOutput(out);
      writer.prepareWriteSequence(null);
      ColorTable colors = ColorTable.of(frames.stream().map(Frame::image).toList());
      BufferedImage before = null;
      for (Frame frame : frames) {
        BufferedImage reduced =
            before == null ? colors.reduce(frame.image) : colors.reduce(frame.image, before);
        writer.writeToSequence(image(writer, reduced, frame.hundredths), null);
        before = frame.image;
      }
      writer.endWriteSequence();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  private static IIOImage image(ImageWriter writer, RenderedImage pixels, int hundredths)
      throws IIOInvalidTreeException {
    IIOMetadata metadata =
        // Not createFromRenderedImage, which forgets the image's table of colors.
        writer.getDefaultImageMetadata(new ImageTypeSpecifier(pixels), null);
    IIOMetadataNode root = new IIOMetadataNode(FORMAT);
    root.appendChild(control(hundredths));
    root.appendChild(repetition());
    metadata.mergeTree(FORMAT, root);
    return new IIOImage(pixels, null, metadata);
  }

  private static IIOMetadataNode control(int hundredths) {
    IIOMetadataNode control = new IIOMetadataNode("GraphicControlExtension");
    control.setAttribute("disposalMethod", "doNotDispose");
    control.setAttribute("userInputFlag", "FALSE");
    control.setAttribute("transparentColorFlag", "TRUE");
    control.setAttribute("delayTime", Integer.toString(hundredths));
    control.setAttribute("transparentColorIndex", Integer.toString(ColorTable.TRANSPARENT));
    return control;
  }

  private static IIOMetadataNode repetition() {
    IIOMetadataNode extension = new IIOMetadataNode("ApplicationExtension");
    extension.setAttribute("applicationID", "NETSCAPE");
    extension.setAttribute("authenticationCode", "2.0");
    extension.setUserObject(REPEAT_FOREVER);
    IIOMetadataNode extensions = new IIOMetadataNode("ApplicationExtensions");
    extensions.appendChild(extension);
    return extensions;
  }
}
