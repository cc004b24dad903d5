package org.lsq4j.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.text.similarity.LevenshteinDistance;

/**
 * Finds and reads data sets: {@code fashion-mnist-mini} (inside the program), {@code
 * fashion-mnist}, {@code mnist}, {@code cifar10} (fetched once, see {@link DatasetFetcher}), and
 * folders of your own.
 */
public final class Datasets {
  /** The data set that needs no download. */
  public static final String DEFAULT = KnownDataset.FASHION_MNIST_MINI.id();

  private static final String CLASS_FILE = "classes.txt";

  private Datasets() {}

  /**
   * Loads a data set.
   *
   * @param name a known name, or the name of a folder of idx files inside {@code dataFolder}
   * @param dataFolder where fetched data sets lie, each in a folder of its name
   * @throws DataException if the name is unknown, the data set is not there, or a file is bad
   */
  public static ImageData load(String name, Path dataFolder) {
    Optional<KnownDataset> known = KnownDataset.named(name);
    if (known.isPresent()) {
      return loadKnown(known.get(), dataFolder);
    }
    if (ownFolders(dataFolder).anyMatch(folder -> folder.getFileName().toString().equals(name))) {
      return loadIdx(dataFolder.resolve(name), name);
    }
    throw unknown(name, names(dataFolder));
  }

  /**
   * Loads a data set of your own.
   *
   * <p>The folder holds {@code train-images-idx3-ubyte}, {@code train-labels-idx1-ubyte} and the
   * same two files of {@code t10k} or {@code test}, each plain or with {@code .gz}. Images may also
   * be {@code idx4} (count, height, width, channels) and {@code float} or {@code double} instead of
   * {@code ubyte}; what counts is the file's header. A file {@code classes.txt} names the classes,
   * one a line; without it they are named by their numbers.
   *
   * @throws DataException if a file is missing or bad
   */
  public static ImageData loadIdx(Path directory, String name) {
    if (!Files.isDirectory(directory)) {
      throw new DataException("data set " + name + ": no folder " + directory);
    }
    IdxFolder files = new IdxFolder(directory);
    ImageSet train = files.train();
    ImageSet test = files.test();
    int classes = Math.max(train.maxLabel(), test.maxLabel()) + 1;
    return new ImageData(name, classNames(directory, classes), train, test);
  }

  /** All data sets: the known ones, whether they are there or not, then your own. */
  public static List<DatasetInfo> list(Path dataFolder) {
    Stream<DatasetInfo> known =
        Arrays.stream(KnownDataset.values()).map(each -> describe(each, dataFolder));
    Stream<DatasetInfo> own = ownFolders(dataFolder).map(Datasets::describeOwn);
    return Stream.concat(known, own).toList();
  }

  /** The error for a name that is none of the valid ones, with the nearest of them. */
  static DataException unknown(String name, List<String> valid) {
    LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
    String nearest =
        valid.stream().min(Comparator.comparingInt(each -> distance.apply(name, each))).orElse("");
    return new DataException(
        String.format(
            "unknown data set %s; did you mean %s? Known: %s",
            name, nearest, String.join(", ", valid)));
  }

  private static ImageData loadKnown(KnownDataset known, Path dataFolder) {
    return known.isEmbedded()
        ? known.readEmbedded()
        : known
            .locate(dataFolder)
            .map(known::read)
            .orElseThrow(() -> new DataException(absent(known, dataFolder)));
  }

  private static String absent(KnownDataset known, Path dataFolder) {
    return String.format(
        "data set %s is not in %s; run ./scripts/lsq4j data fetch %s",
        known.id(), dataFolder.resolve(known.id()), known.id());
  }

  private static List<String> names(Path dataFolder) {
    return list(dataFolder).stream().map(DatasetInfo::name).toList();
  }

  private static DatasetInfo describe(KnownDataset known, Path dataFolder) {
    Optional<String> location =
        known.isEmbedded()
            ? Optional.of("inside the program")
            : known.locate(dataFolder).map(Path::toString);
    return new DatasetInfo(known.id(), known.description(), known.licence(), location);
  }

  private static DatasetInfo describeOwn(Path folder) {
    return new DatasetInfo(
        folder.getFileName().toString(),
        "your own idx files",
        "yours",
        Optional.of(folder.toString()));
  }

  private static Stream<Path> ownFolders(Path dataFolder) {
    if (!Files.isDirectory(dataFolder)) {
      return Stream.empty();
    }
    try (Stream<Path> folders = Files.list(dataFolder)) {
      return folders
          .filter(folder -> KnownDataset.named(folder.getFileName().toString()).isEmpty())
          .filter(folder -> new IdxFolder(folder).isComplete())
          .sorted()
          .toList()
          .stream();
    } catch (IOException e) {
      throw new DataException(dataFolder + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static List<String> classNames(Path directory, int classes) {
    Path file = directory.resolve(CLASS_FILE);
    if (!Files.isRegularFile(file)) {
      return IntStream.range(0, classes).mapToObj(Integer::toString).toList();
    }
    try {
      return Files.readAllLines(file, StandardCharsets.UTF_8).stream()
          .map(String::strip)
          .filter(line -> !line.isEmpty())
          .toList();
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
