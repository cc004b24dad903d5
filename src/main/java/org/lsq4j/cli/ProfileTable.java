package org.lsq4j.cli;

import java.util.ArrayList;
import java.util.List;
import org.lsq4j.cli.Table.Column;
import org.lsq4j.experiment.ConvolutionSpeed;
import org.lsq4j.experiment.KernelShare;
import org.lsq4j.experiment.StepProfile;

/** Where the time of training steps goes, for people. */
final class ProfileTable {

  private ProfileTable() {}

  /** A row for each kind of kernel, and a line about convolutions if there are any. */
  static List<String> of(String precision, StepProfile profile) {
    Table table =
        new Table(
            Column.left(precision + " kernel"), Column.right("ms a step"), Column.right("share"));
    for (KernelShare kernel : profile.kernels()) {
      table.row(
          kernel.kernel().replace('-', ' '),
          Texts.millis(kernel.millis()),
          Texts.of("%.1f %%", 100 * kernel.share()));
    }
    List<String> lines = new ArrayList<>(table.lines());
    if (profile.convolution() != null) {
      lines.add(convolution(profile.convolution()));
    }
    return lines;
  }

  private static String convolution(ConvolutionSpeed speed) {
    return Texts.of(
        "convolutions: %.1f GFLOP/s forward, %.1f backward; alone they take %.0f %% and %.0f %% of"
            + " that time",
        speed.forward().gflops(),
        speed.backward().gflops(),
        100 * speed.forward().bareShare(),
        100 * speed.backward().bareShare());
  }
}
