package org.lsq4j.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.lsq4j.experiment.Versions;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The command line program. */
@Command(
    name = "lsq4j",
    description = "Trains neural networks with learned low-bit quantization (LSQ, LSQ+).",
    synopsisSubcommandLabel = "COMMAND",
    versionProvider = Main.Version.class,
    footer = {
      "",
      "Examples:",
      "  lsq4j train configs/quickstart.yaml",
      "  lsq4j inspect runs/quickstart/W4A4/last.zip",
      "  lsq4j figures",
      "",
      "\"lsq4j COMMAND --help\" explains a command."
    })
public final class Main {

  private static final int HELP_WIDTH = 100;

  @Option(
      names = "--stacktrace",
      scope = ScopeType.INHERIT,
      description = "Shows where in the program an error came from.")
  private boolean stackTrace;

  private Main() {}

  boolean wantsStackTrace() {
    return stackTrace;
  }

  /** Runs the program and ends the process with its exit code. */
  public static void main(String[] args) {
    System.exit(run(args, System.out, System.err));
  }

  /** Runs the program and gives its exit code: 0 done, 1 failed, 2 wrong usage. */
  public static int run(String[] args, PrintStream out, PrintStream err) {
    return commandLine(new Console(out, Console.Width.detect()))
        .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
        .execute(args);
  }

  private static CommandLine commandLine(Console console) {
    CommandLine data =
        new CommandLine(new DataCommand())
            .addSubcommand(new DataListCommand(console))
            .addSubcommand(new DataFetchCommand(console));
    CommandLine bench =
        new CommandLine(new BenchCommand(console))
            .addSubcommand(new BenchInferenceCommand(console))
            .addSubcommand(new BenchTurnsCommand(console));
    CommandLine program =
        new CommandLine(new Main())
            .addSubcommand(new TrainCommand(console))
            .addSubcommand(new EvaluateCommand(console))
            .addSubcommand(new QuantizeCommand(console))
            .addSubcommand(new InspectCommand(console))
            .addSubcommand(new SensitivityCommand(console))
            .addSubcommand(new ReportCommand(console))
            .addSubcommand(new FiguresCommand(console))
            .addSubcommand(new ExportCommand(console))
            .addSubcommand(new PredictCommand(console))
            .addSubcommand(bench)
            .addSubcommand(data);
    Errors errors = new Errors();
    addHelp(program);
    return program
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpWidth(HELP_WIDTH)
        .setParameterExceptionHandler(errors)
        .setExecutionExceptionHandler(errors);
  }

  private static void addHelp(CommandLine command) {
    command.getCommandSpec().mixinStandardHelpOptions(true);
    command.getSubcommands().values().forEach(Main::addHelp);
  }

  /** Answers {@code --version}. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return Versions.all().entrySet().stream()
          .map(entry -> entry.getKey() + " " + entry.getValue())
          .toArray(String[]::new);
    }
  }
}
