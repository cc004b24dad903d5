package org.lsq4j.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.lsq4j.report.run.RunReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes reports of trainings. */
@Command(
    name = "report",
    description =
        "Writes the report of a training anew into its folder, or compares several trainings in"
            + " one page. Of trainings that differ in their seeds only it tells mean and spread.",
    footer = {
      "",
      "Examples:",
      "  lsq4j report runs/quickstart",
      "  lsq4j report runs/cifar10-resnet20-w4a4 runs/cifar10-resnet20-w2a2 --out w4-w2.html",
      "  lsq4j report runs/quickstart-seed1 runs/quickstart-seed2 runs/quickstart-seed3"
    })
final class ReportCommand implements Callable<Integer> {

  private final Console console;

  @Parameters(
      paramLabel = "DIR",
      arity = "1..*",
      description = "Output folders of train; several are compared.")
  private List<Path> folders;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = "comparison.html",
      description = "Page of a comparison; ${DEFAULT-VALUE} if not given.")
  private Path out;

  ReportCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (folders.size() == 1) {
      Path page = RunReport.write(folders.get(0));
      console.line(page + "; pictures in " + page.resolveSibling(RunReport.PICTURES));
    } else {
      console.lines(SeedTable.of(RunReport.compare(folders, out)));
      console.line(out.toString());
    }
    return ExitCode.DONE;
  }
}
