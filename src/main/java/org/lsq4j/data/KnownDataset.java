package org.lsq4j.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The data sets that are known by name: where they lie, and what must be in them. */
enum KnownDataset {
  FASHION_MNIST_MINI(
      "fashion-mnist-mini", "part of Fashion-MNIST, inside the program", "MIT", 6000, 1000),
  FASHION_MNIST("fashion-mnist", "clothes, 28x28 grey, 10 classes", "MIT", 60000, 10000),
  MNIST(
      "mnist",
      "handwritten digits, 28x28 grey, 10 classes",
      "not stated: do not redistribute",
      60000,
      10000),
  CIFAR10(
      "cifar10",
      "photographs, 32x32 RGB, 10 classes",
      "not stated: do not redistribute",
      50000,
      10000);

  private static final Path DEBIAN_FASHION_MNIST = Path.of("/usr/share/datasets/fashion-mnist");
  private static final List<String> CLOTHES =
      List.of(
          "T-shirt/top",
          "Trouser",
          "Pullover",
          "Dress",
          "Coat",
          "Sandal",
          "Shirt",
          "Sneaker",
          "Bag",
          "Ankle boot");
  private static final List<String> DIGITS =
      List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
  private static final List<String> CIFAR_CLASSES =
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

  private final String id;
  private final String description;
  private final String licence;
  private final int trainCount;
  private final int testCount;

  KnownDataset(String id, String description, String licence, int trainCount, int testCount) {
    this.id = id;
    this.description = description;
    this.licence = licence;
    this.trainCount = trainCount;
    this.testCount = testCount;
  }

  static Optional<KnownDataset> named(String name) {
    return Arrays.stream(values()).filter(known -> known.id.equals(name)).findFirst();
  }

  static List<String> ids() {
    return Arrays.stream(values()).map(KnownDataset::id).toList();
  }

  String id() {
    return id;
  }

  String description() {
    return String.format(
        Locale.ROOT, "%s; %,d train, %,d test", description, trainCount, testCount);
  }

  String licence() {
    return licence;
  }

  boolean isEmbedded() {
    return this == FASHION_MNIST_MINI;
  }

  /** The first folder that has all files; nothing for the embedded one, which is in no folder. */
  Optional<Path> locate(Path dataFolder) {
    return candidates(dataFolder).filter(this::isComplete).findFirst();
  }

  /** Reads the embedded data set. */
  ImageData readEmbedded() {
    return checked(readResource("train"), readResource("t10k"), "the program");
  }

  /** Reads the data set from its folder and checks the counts. */
  ImageData read(Path folder) {
    if (this == CIFAR10) {
      CifarFolder files = new CifarFolder(folder);
      return checked(files.train(), files.test(), folder.toString());
    }
    IdxFolder files = new IdxFolder(folder);
    return checked(files.train(), files.test(), folder.toString());
  }

  private Stream<Path> candidates(Path dataFolder) {
    Path own = dataFolder.resolve(id);
    String original = "cifar-10-batches-bin";
    return switch (this) {
      case FASHION_MNIST_MINI -> Stream.empty();
      case FASHION_MNIST -> Stream.of(own, DEBIAN_FASHION_MNIST);
      case MNIST -> Stream.of(own);
      case CIFAR10 -> Stream.of(own, own.resolve(original), dataFolder.resolve(original));
    };
  }

  private boolean isComplete(Path folder) {
    return this == CIFAR10
        ? new CifarFolder(folder).isComplete()
        : new IdxFolder(folder).isComplete();
  }

  private List<String> classNames() {
    return switch (this) {
      case FASHION_MNIST_MINI, FASHION_MNIST -> CLOTHES;
      case MNIST -> DIGITS;
      case CIFAR10 -> CIFAR_CLASSES;
    };
  }

  private ImageData checked(ImageSet train, ImageSet test, String place) {
    checkCount("train", train.count(), trainCount, place);
    checkCount("test", test.count(), testCount, place);
    return new ImageData(id, classNames(), train, test);
  }

  private void checkCount(String split, int actual, int expected, String place) {
    if (actual != expected) {
      throw new DataException(
          String.format(
              "data set %s: %d %s images in %s, expected %d", id, actual, split, place, expected));
    }
  }

  private ImageSet readResource(String split) {
    String images = id + "/" + split + "-images-idx3-ubyte.gz";
    String labels = id + "/" + split + "-labels-idx1-ubyte.gz";
    try (InputStream imageStream = resource(images);
        InputStream labelStream = resource(labels)) {
      return IdxFile.readImages(images, imageStream)
          .withLabels(IdxFile.readLabels(labels, labelStream));
    } catch (IOException e) {
      throw new DataException(images + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static InputStream resource(String name) {
    InputStream stream = KnownDataset.class.getResourceAsStream(name);
    if (stream == null) {
      throw new DataException("resource " + name + " is missing from the program; build it again");
    }
    return stream;
  }
}
