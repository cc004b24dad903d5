package org.lsq4j.cli;

import picocli.CommandLine.Option;

/** What measurements of training ask for besides. */
final class BenchTraining {

  @Option(
      names = "--bits",
      paramLabel = "N",
      defaultValue = "3",
      description =
          "Bits of weights and inputs, 2 to 8, but 8 in the first and last layer;"
              + " ${DEFAULT-VALUE} if not given.")
  private int bits;

  @Option(
      names = "--engine",
      paramLabel = "NAME",
      defaultValue = "auto",
      description = "onednn, nd4j or auto, the fastest that works; ${DEFAULT-VALUE} if not given.")
  private String engine;

  int bits() {
    return bits;
  }

  String engine() {
    return engine;
  }
}
