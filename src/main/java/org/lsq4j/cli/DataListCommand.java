package org.lsq4j.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.lsq4j.cli.Table.Column;
import org.lsq4j.data.DatasetInfo;
import org.lsq4j.data.Datasets;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists data sets. */
@Command(
    name = "list",
    description = "Lists the data sets that are known, and your own folders of idx files.",
    footer = {"", "Example:", "  lsq4j data list"})
final class DataListCommand implements Callable<Integer> {

  private final Console console;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      defaultValue = "data",
      description = "Where data sets lie; ${DEFAULT-VALUE} if not given.")
  private Path folder;

  DataListCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Table table = new Table(Column.left("name"), Column.left("content"), Column.left("where"));
    for (DatasetInfo info : Datasets.list(folder)) {
      table.row(info.name(), info.description(), info.location().orElse("to be fetched"));
    }
    console.lines(table.lines());
    return ExitCode.DONE;
  }
}
