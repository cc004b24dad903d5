package org.lsq4j.deploy.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.deploy.RandomGraphs;
import org.lsq4j.files.DurableFile;

/**
 * ONNX's own checker and shape inference on exported files. They exist in Python and C++ only:
 * where {@code python3} has no package {@code onnx}, this is skipped.
 */
class OnnxCheckerTest {

  private static final int GRAPHS = 40;

  private static final String PROGRAM =
      """
      import sys, onnx
      for name in sys.argv[1:]:
          model = onnx.load(name)
          onnx.checker.check_model(model, full_check=True)
      """;

  @TempDir private Path folder;

  private String run(List<String> command) throws IOException, InterruptedException {
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    process.waitFor(2, TimeUnit.MINUTES);
    return process.exitValue() + " " + Files.readString(output).strip();
  }

  private boolean hasChecker() throws InterruptedException {
    try {
      return run(List.of("python3", "-c", "import onnx")).startsWith("0");
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void theCheckerFindsNoFault() throws IOException, InterruptedException {
    assumeTrue(hasChecker(), "python3 has no package onnx: the files are not checked");
    List<String> command = new java.util.ArrayList<>(List.of("python3", "-c", PROGRAM));
    for (int seed = 0; seed < GRAPHS; seed++) {
      for (int opset : new int[] {13, 21, 24}) {
        Path file = folder.resolve(seed + "-" + opset + OnnxFile.EXTENSION);
        OnnxOptions options = OnnxOptions.DEFAULT.withOpset(opset).withBatch(seed % 2);
        DurableFile.write(file, OnnxExporter.toBytes(RandomGraphs.of(seed), options, "test"));
        command.add(file.toString());
      }
    }
    assertEquals("0", run(command).strip());
  }
}
