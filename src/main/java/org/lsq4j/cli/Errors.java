package org.lsq4j.cli;

import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Set;
import org.lsq4j.data.DataException;
import org.lsq4j.deploy.export.UnsupportedNetworkException;
import org.lsq4j.deploy.format.PackedFormatException;
import org.lsq4j.deploy.onnx.OnnxFileException;
import org.lsq4j.experiment.ConfigException;
import org.lsq4j.network.ModelFormatException;
import org.lsq4j.report.ReportException;
import org.lsq4j.training.CalibrationException;
import org.lsq4j.training.NotEnoughMemoryException;
import org.lsq4j.training.ResumeException;
import org.lsq4j.training.TrainingDivergedException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Turns exceptions into one line and an exit code. {@code --stacktrace} shows where. */
final class Errors implements IParameterExceptionHandler, IExecutionExceptionHandler {

  private static final Set<Class<?>> WRONG_INPUT =
      Set.of(
          ConfigException.class,
          DataException.class,
          ModelFormatException.class,
          PackedFormatException.class,
          OnnxFileException.class,
          UnsupportedNetworkException.class,
          ReportException.class,
          ResumeException.class);

  private static final Set<Class<?>> FAILURES =
      Set.of(
          TrainingDivergedException.class,
          CalibrationException.class,
          NotEnoughMemoryException.class,
          UncheckedIOException.class);

  @Override
  public int handleParseException(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    print(command.getErr(), e.getMessage() + "; see " + name + " --help");
    return ExitCode.USAGE;
  }

  @Override
  public int handleExecutionException(Exception e, CommandLine command, ParseResult result) {
    boolean isWrongInput = WRONG_INPUT.contains(e.getClass());
    if (isWrongInput || FAILURES.contains(e.getClass())) {
      print(command.getErr(), e.getMessage());
    } else {
      print(
          command.getErr(),
          "this is a fault of the program; please report it with what --stacktrace shows: " + e);
    }
    if (wantsStackTrace(command)) {
      e.printStackTrace(command.getErr());
    }
    return isWrongInput ? ExitCode.USAGE : ExitCode.FAILED;
  }

  private static boolean wantsStackTrace(CommandLine command) {
    CommandLine root = command;
    while (root.getParent() != null) {
      root = root.getParent();
    }
    return root.getCommand() instanceof Main main && main.wantsStackTrace();
  }

  private static void print(PrintWriter err, String message) {
    err.println(
        "Error: " + message.lines().map(String::strip).reduce((a, b) -> a + " " + b).orElse(""));
  }
}
