package org.lsq4j.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A folder of idx files named as those of MNIST, plain or gzipped. */
final class IdxFolder {
  private static final List<String> TRAIN = List.of("train");
  private static final List<String> TEST = List.of("t10k", "test");
  private static final List<String> IMAGES =
      List.of(
          "-images-idx3-ubyte",
          "-images-idx4-ubyte",
          "-images-idx3-float",
          "-images-idx4-float",
          "-images-idx3-double",
          "-images-idx4-double");
  private static final List<String> LABELS = List.of("-labels-idx1-ubyte");

  private final Path folder;

  IdxFolder(Path folder) {
    this.folder = folder;
  }

  /** Whether all four files are there. */
  boolean isComplete() {
    return find(TRAIN, IMAGES).isPresent()
        && find(TRAIN, LABELS).isPresent()
        && find(TEST, IMAGES).isPresent()
        && find(TEST, LABELS).isPresent();
  }

  ImageSet train() {
    return read(TRAIN);
  }

  ImageSet test() {
    return read(TEST);
  }

  private ImageSet read(List<String> prefixes) {
    Path images = require(prefixes, IMAGES);
    Path labels = require(prefixes, LABELS);
    try (InputStream imageStream = Files.newInputStream(images);
        InputStream labelStream = Files.newInputStream(labels)) {
      return IdxFile.readImages(images.toString(), imageStream)
          .withLabels(IdxFile.readLabels(labels.toString(), labelStream));
    } catch (IOException e) {
      throw new DataException(images + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private Path require(List<String> prefixes, List<String> suffixes) {
    return find(prefixes, suffixes)
        .orElseThrow(
            () ->
                new DataException(
                    String.format(
                        "%s: no file %s%s[.gz]",
                        folder, String.join("|", prefixes), String.join("|", suffixes))));
  }

  private Optional<Path> find(List<String> prefixes, List<String> suffixes) {
    return prefixes.stream()
        .flatMap(prefix -> suffixes.stream().map(prefix::concat))
        .flatMap(name -> List.of(folder.resolve(name), folder.resolve(name + ".gz")).stream())
        .filter(Files::isRegularFile)
        .findFirst();
  }
}
