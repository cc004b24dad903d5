package org.lsq4j.deploy.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.deploy.Predictions;
import org.lsq4j.deploy.RandomGraphs;
import org.lsq4j.deploy.format.PackedFormat;
import org.lsq4j.deploy.graph.IntegerGraph;

/** Starts Java with this project's classes and next to nothing else, and predicts. */
class WithoutDl4jTest {

  @TempDir private Path folder;

  /** What runs there. */
  public static final class Program {
    private Program() {}

    /** Reads a model, predicts 3 random inputs, prints the backend and a hash of the outputs. */
    public static void main(String[] args) {
      IntegerGraph graph = PackedFormat.read(Path.of(args[0]));
      try (IntegerModel model = IntegerModel.of(graph)) {
        float[] outputs = new float[3 * model.outputShape().size()];
        model.predict(RandomGraphs.inputs(graph, 3, 1), 3, outputs);
        System.out.println(model.backend() + " " + Arrays.hashCode(outputs));
      }
    }
  }

  /** Jars of the class path whose names begin so. */
  private static String classPath(String... kept) {
    String separator = System.getProperty("path.separator");
    return Arrays.stream(System.getProperty("java.class.path").split(separator))
        .filter(
            entry ->
                Files.isDirectory(Path.of(entry))
                    || Arrays.stream(kept)
                        .anyMatch(Path.of(entry).getFileName().toString()::startsWith))
        .collect(Collectors.joining(separator));
  }

  private String outputWith(String classPath) throws IOException, InterruptedException {
    Path file = folder.resolve("model.lsq");
    PackedFormat.write(RandomGraphs.of(1), file);
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    classPath,
                    Program.class.getName(),
                    file.toString()))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    process.waitFor(2, TimeUnit.MINUTES);
    return Files.readString(output).strip();
  }

  private static String expected(String backend) {
    IntegerGraph graph = RandomGraphs.of(1);
    float[] outputs = Predictions.of(graph, backend, RandomGraphs.inputs(graph, 3, 1));
    return backend + " " + Arrays.hashCode(outputs);
  }

  @Test
  void predictsWithThisProjectsClassesAlone() throws IOException, InterruptedException {
    assertEquals(expected("java"), outputWith(classPath()));
  }

  @Test
  void predictsWithOneDnnWhereItIs() throws IOException, InterruptedException {
    String best = Backends.choose(RuntimeOptions.AUTO).name();
    assertEquals(expected(best), outputWith(classPath("dnnl", "javacpp", "opencl")));
  }
}
