package org.lsq4j.faults;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A file system in memory that can be full or read-only; only the user root can have one. */
final class SmallDisk implements AutoCloseable {

  private final Path folder;

  private SmallDisk(Path folder) {
    this.folder = folder;
  }

  /** Mounts one of a size such as 1m; skips the test where that is not allowed. */
  static SmallDisk mount(Path folder, String size) throws IOException {
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", folder.toString()),
        "mounting a small file system needs Linux and root");
    return new SmallDisk(folder);
  }

  /** Mounts it anew with another option, such as {@code ro} or {@code size=9m}. */
  void remount(String option) throws IOException {
    if (!run("mount", "-o", "remount," + option, folder.toString())) {
      throw new IOException("cannot remount " + folder);
    }
  }

  /**
   * Mounts a folder over itself and makes that read-only, when no file in it is being written.
   * Whoever has files open there can go on writing them.
   */
  static SmallDisk readOnly(Path folder) throws IOException {
    assumeTrue(
        run("mount", "--bind", folder.toString(), folder.toString()),
        "mounting a folder needs Linux and root");
    SmallDisk disk = new SmallDisk(folder);
    while (!run("mount", "-o", "remount,bind,ro", folder.toString())) {
      TrainProcess.pause(1);
    }
    return disk;
  }

  @Override
  public void close() throws IOException {
    if (!run("umount", folder.toString())) {
      throw new IOException("cannot unmount " + folder);
    }
  }

  private static boolean run(String... command) throws IOException {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        System.out.println(String.join(" ", command) + ": " + output.strip());
        return false;
      }
      return true;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      // There is no such program.
      return false;
    }
  }
}
