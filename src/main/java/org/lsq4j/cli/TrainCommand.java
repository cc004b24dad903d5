package org.lsq4j.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.lsq4j.experiment.ConfigReader;
import org.lsq4j.experiment.Experiment;
import org.lsq4j.experiment.ExperimentConfig;
import org.lsq4j.experiment.ExperimentResults;
import org.lsq4j.experiment.LiveView;
import org.lsq4j.experiment.StartMode;
import org.lsq4j.report.run.RunReport;
import org.lsq4j.training.StopRequest;
import org.lsq4j.training.TrainingStoppedException;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs an experiment. */
@Command(
    name = "train",
    description = "Trains a float network, quantizes it, and trains the quantized networks.",
    footer = {
      "",
      "Examples:",
      "  lsq4j train configs/quickstart.yaml",
      "  lsq4j train configs/quickstart.yaml --set float.epochs=3 --set runs.0.weights=5",
      "  lsq4j train configs/quickstart.yaml --out runs/second --resume",
      "",
      "Ctrl-C, SIGTERM and SIGHUP write a checkpoint and end the run; a second one ends it at once."
    })
final class TrainCommand implements Callable<Integer> {

  private final Console console;

  @Parameters(paramLabel = "CONFIG", description = "The experiment, a YAML file; see configs/.")
  private Path config;

  @Option(
      names = "--set",
      paramLabel = "PATH=VALUE",
      description = "Changes a value of the experiment, as in float.epochs=3. May be repeated.")
  private List<String> overrides = List.of();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Folder for results; runs/<name of the experiment> if not given.")
  private Path out;

  @Option(
      names = "--ui",
      description =
          "Shows the training on a web page, DL4J's UI at port 9000, while it runs; open to"
              + " everybody who reaches this machine.")
  private boolean ui;

  @ArgGroup private Earlier earlier = new Earlier();

  /** What to do about an earlier run in the output folder. */
  private static final class Earlier {

    @Option(names = "--resume", description = "Goes on where an earlier run in DIR ended.")
    private boolean resume;

    @Option(names = "--overwrite", description = "Replaces an earlier run in DIR.")
    private boolean overwrite;

    StartMode mode() {
      if (resume) {
        return StartMode.RESUME;
      }
      return overwrite ? StartMode.OVERWRITE : StartMode.NEW;
    }
  }

  TrainCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    ExperimentConfig experiment = ConfigReader.read(config, overrides);
    Path folder = out == null ? experiment.defaultFolder() : out;
    Optional<LiveView> view = ui ? Optional.of(LiveView.start()) : Optional.empty();
    ConsoleReporter reporter = new ConsoleReporter(console, view);
    StopRequest stop = new StopRequest();
    try (Signals signals = new Signals(signal -> stop(stop, signal))) {
      return run(experiment, folder, reporter, stop)
          ? ExitCode.DONE
          : signals.exitCode().orElse(ExitCode.FAILED);
    } finally {
      view.ifPresent(LiveView::close);
    }
  }

  private void stop(StopRequest stop, String signal) {
    stop.request(signal);
    console.line(signal + ": writing a checkpoint; the same again ends the run at once");
  }

  /** Whether the experiment came to its end. */
  private boolean run(
      ExperimentConfig experiment, Path folder, ConsoleReporter reporter, StopRequest stop) {
    try {
      report(Experiment.run(experiment, folder, earlier.mode(), reporter, stop), folder);
      return true;
    } catch (TrainingStoppedException e) {
      reporter.endProgress();
      console.line(e.getMessage() + "; --resume goes on");
      return false;
    } finally {
      reporter.endProgress();
    }
  }

  private void report(ExperimentResults results, Path folder) {
    console.line("");
    console.lines(ResultTables.accuracies(results));
    if (results.runs().size() > 1) {
      console.line("");
      console.lines(ResultTables.steps(results));
    }
    console.line("");
    console.line("Results: " + folder.resolve("results.json") + "; models beside it.");
    if (Files.exists(folder.resolve(RunReport.PAGE))) {
      console.line("Report:  " + folder.resolve(RunReport.PAGE));
    }
  }
}
