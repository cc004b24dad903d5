package org.lsq4j.cli;

import picocli.CommandLine.Option;

/** What all measurements ask for. */
final class BenchOptions {

  @Option(
      names = "--network",
      paramLabel = "NAME",
      defaultValue = "resnet20",
      description =
          "A built-in network, such as lenet, resnet20 or mobilenet-0.25; ${DEFAULT-VALUE} if not"
              + " given.")
  private String network;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "128",
      description = "Images in a step or prediction; ${DEFAULT-VALUE} if not given.")
  private int batch;

  String network() {
    return network;
  }

  int batch() {
    return batch;
  }
}
