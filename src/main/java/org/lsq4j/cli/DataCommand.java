package org.lsq4j.cli;

import picocli.CommandLine.Command;

/** The commands about data sets. */
@Command(
    name = "data",
    description = "Lists and fetches data sets.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {"", "Examples:", "  lsq4j data list", "  lsq4j data fetch fashion-mnist"})
final class DataCommand {}
