package org.lsq4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatasetsTest {
  private static final Path REAL_DATA = Path.of("data");

  @TempDir Path folder;

  @Test
  void embeddedSubsetIsBalanced() {
    ImageData data = Datasets.load(Datasets.DEFAULT, folder);
    assertEquals("fashion-mnist-mini", data.name());
    assertEquals(new ImageShape(28, 28, 1), data.shape());
    assertEquals("Ankle boot", data.classNames().get(9));
    assertArrayEquals(perClass(600), histogram(data.train()));
    assertArrayEquals(perClass(100), histogram(data.test()));
  }

  @Test
  void embeddedSubsetMixesItsClasses() {
    ImageData data = Datasets.load(Datasets.DEFAULT, folder).limit(300, 100);
    for (int count : histogram(data.train())) {
      assertTrue(count >= 15 && count <= 50, "images of a class among the first 300: " + count);
    }
  }

  @Test
  void absentDataSetNamesTheCure() {
    DataException e =
        assertThrows(DataException.class, () -> Datasets.load("cifar10", Path.of("nowhere")));
    assertEquals(
        "data set cifar10 is not in "
            + Path.of("nowhere", "cifar10")
            + "; run ./scripts/lsq4j data fetch cifar10",
        e.getMessage());
  }

  @Test
  void unknownNameGetsTheNearestOne() {
    DataException e = assertThrows(DataException.class, () -> Datasets.load("cifar-10", folder));
    assertTrue(
        e.getMessage().startsWith("unknown data set cifar-10; did you mean cifar10?"),
        e.getMessage());
  }

  @Test
  void loadsYourOwnFolder() throws IOException {
    IdxBytes.folder(folder.resolve("mine"));
    ImageData data = Datasets.load("mine", folder);
    assertEquals(List.of("0", "1"), data.classNames());
    assertEquals(2, data.train().count());
    assertEquals(1, data.test().label(0));
  }

  @Test
  void namesClassesByTheirFile() throws IOException {
    IdxBytes.folder(folder);
    Files.writeString(folder.resolve("classes.txt"), "cat\ndog\nhen\n");
    assertEquals(List.of("cat", "dog", "hen"), Datasets.loadIdx(folder, "pets").classNames());
    Files.writeString(folder.resolve("classes.txt"), "cat\n");
    DataException e = assertThrows(DataException.class, () -> Datasets.loadIdx(folder, "pets"));
    assertEquals("data set pets: label 1 of train image 1 is out of range 0 to 0", e.getMessage());
  }

  @Test
  void namesTheMissingFile() throws IOException {
    IdxBytes.folder(folder);
    Files.delete(folder.resolve("test-labels-idx1-ubyte"));
    DataException e = assertThrows(DataException.class, () -> Datasets.loadIdx(folder, "pets"));
    assertEquals(folder + ": no file t10k|test-labels-idx1-ubyte[.gz]", e.getMessage());
    Path nowhere = folder.resolve("nowhere");
    DataException noFolder =
        assertThrows(DataException.class, () -> Datasets.loadIdx(nowhere, "pets"));
    assertEquals("data set pets: no folder " + nowhere, noFolder.getMessage());
  }

  @Test
  void knownDataSetMustHaveAllItsImages() throws IOException {
    Path mnist = IdxBytes.folder(folder.resolve("mnist"));
    DataException e = assertThrows(DataException.class, () -> Datasets.load("mnist", folder));
    assertEquals("data set mnist: 2 train images in " + mnist + ", expected 60000", e.getMessage());
  }

  @Test
  void listsWhatIsThereAndWhatIsNot() throws IOException {
    Path mine = IdxBytes.folder(folder.resolve("mine"));
    List<DatasetInfo> list = Datasets.list(folder);
    assertEquals(
        List.of("fashion-mnist-mini", "fashion-mnist", "mnist", "cifar10", "mine"),
        list.stream().map(DatasetInfo::name).toList());
    assertTrue(list.get(0).location().isPresent());
    assertEquals(Optional.empty(), list.get(3).location());
    assertEquals(Optional.of(mine.toString()), list.get(4).location());
    assertEquals(4, Datasets.list(folder.resolve("nowhere")).size());
  }

  /** Means over the train set as published, in units of a byte. */
  @ParameterizedTest
  @CsvSource({
    "fashion-mnist, 72.940, 72.940",
    "mnist, 33.318, 33.318",
    "cifar10, 125.307, 113.865"
  })
  void realDataHasItsPublishedMeans(String name, double first, double last) {
    boolean isThere =
        Datasets.list(REAL_DATA).stream()
            .anyMatch(info -> info.name().equals(name) && info.location().isPresent());
    assumeTrue(isThere, "skipped: data set " + name + " is not in " + REAL_DATA);
    ImageData data = Datasets.load(name, REAL_DATA);
    List<Double> mean = Normalization.of(data.train(), NormalizationKind.STANDARDIZE).center();
    assertEquals(first, mean.get(0), 1e-3);
    assertEquals(last, mean.get(mean.size() - 1), 1e-3);
  }

  private static int[] perClass(int count) {
    int[] counts = new int[10];
    Arrays.fill(counts, count);
    return counts;
  }

  private static int[] histogram(ImageSet set) {
    int[] counts = new int[10];
    for (int label : set.labels()) {
      counts[label]++;
    }
    return counts;
  }
}
