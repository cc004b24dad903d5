package org.lsq4j.report.figures;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.lsq4j.files.DurableFile;
import org.lsq4j.report.text.Language;
import org.lsq4j.report.text.Messages;

/**
 * Writes figures: for each an animation and a contact sheet, and one page with all of them.
 *
 * @param folder where to; older figures there are replaced
 * @param language of captions and page
 */
public record FigureFiles(Path folder, Language language) {

  private static final String PAGE = "index.html";
  private static final String INTERACTIVE_PAGE = "interactive.html";

  /**
   * Writes figures.
   *
   * @param written is told of every file
   */
  public void write(List<Figure> figures, Consumer<Path> written) {
    Messages messages = Messages.in(language);
    OverviewPage page = new OverviewPage(messages);
    for (Figure figure : figures) {
      MeasuredFigure measured = MeasuredFigure.of(figure);
      FigurePictures pictures = FigurePictures.of(measured, messages);
      write(figure.fileName() + ".gif", pictures.gif(), written);
      write(figure.fileName() + ".png", pictures.png(), written);
      page.add(measured, pictures);
    }
    write(PAGE, page.html().getBytes(StandardCharsets.UTF_8), written);
  }

  /** Writes the page on which one moves s and z. */
  public void writeInteractive(InteractivePage page, Consumer<Path> written) {
    write(
        INTERACTIVE_PAGE,
        page.html(Messages.in(language)).getBytes(StandardCharsets.UTF_8),
        written);
  }

  private void write(String name, byte[] content, Consumer<Path> written) {
    Path file = folder.resolve(name);
    DurableFile.write(file, content);
    written.accept(file);
  }
}
