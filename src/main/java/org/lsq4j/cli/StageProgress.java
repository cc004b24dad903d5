package org.lsq4j.cli;

import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.lsq4j.training.BatchProgress;

/** The progress bar of one stage, counted in images. Draws on terminals only. */
final class StageProgress implements AutoCloseable {

  private static final int UPDATE_MILLISECONDS = 250;

  private final Console console;
  private final String stage;
  private ProgressBar bar;
  private String accuracy = "";
  private boolean open = true;

  StageProgress(Console console, String stage) {
    this.console = console;
    this.stage = stage;
  }

  /** Shows an update. */
  void batch(BatchProgress progress) {
    if (!console.width().terminal()) {
      return;
    }
    if (bar == null) {
      bar = start(progress);
    }
    bar.stepBy(progress.examples());
    bar.setExtraMessage(
        Texts.of(
            " epoch %d/%d, loss %.2f%s",
            progress.epoch(), progress.epochs(), progress.loss(), accuracy));
  }

  /** Shows the last test accuracy from now on. */
  void accuracy(double share) {
    accuracy = Texts.of(", test %.1f %%", 100 * share);
  }

  private ProgressBar start(BatchProgress first) {
    long epochImages = (long) first.batches() * first.examples();
    return new ProgressBarBuilder()
        .setTaskName(stage)
        .setInitialMax(first.epochs() * epochImages)
        .startsFrom((first.epoch() - 1) * epochImages, Duration.ZERO)
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(UPDATE_MILLISECONDS)
        .showSpeed(new DecimalFormat("#,##0 images", DecimalFormatSymbols.getInstance(Locale.ROOT)))
        .setConsumer(new DelegatingProgressBarConsumer(this::draw, console.width().columns() - 1))
        .build();
  }

  /** Called from the bar's thread, once more even after the bar was closed. */
  private synchronized void draw(String text) {
    if (open) {
      console.status(text);
    }
  }

  private synchronized void erase() {
    open = false;
    console.status("");
  }

  @Override
  public void close() {
    erase();
    if (bar != null) {
      bar.close();
    }
  }
}
