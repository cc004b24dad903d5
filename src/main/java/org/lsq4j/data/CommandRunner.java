package org.lsq4j.data;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.List;

/** Runs a program of the system; replaced in tests. */
@FunctionalInterface
public interface CommandRunner {

  /**
   * Runs a program to its end.
   *
   * @param command program and arguments
   * @param directory folder to run it in
   * @throws IOException if the program cannot be started, above all because it is not installed
   * @throws InterruptedException if this thread is interrupted; the program is ended
   */
  Result run(List<String> command, Path directory) throws IOException, InterruptedException;

  /**
   * How a program ended.
   *
   * @param exitCode 0 for success
   * @param output what it wrote to its output and error streams
   */
  record Result(int exitCode, String output) {}

  /** Runs programs for real. */
  static CommandRunner ofSystem() {
    return (command, directory) -> {
      Process process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .start();
      try {
        process.getOutputStream().close();
        String output =
            new String(process.getInputStream().readAllBytes(), Charset.defaultCharset());
        return new Result(process.waitFor(), output);
      } finally {
        process.destroy();
      }
    };
  }
}
