package org.lsq4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.junit.jupiter.api.Test;
import org.lsq4j.data.Augmentation.Flip;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

class ImageBatchesTest {
  private static final List<String> CLASSES = List.of("a", "b", "c");
  private static final Augmentation STRONG = new Augmentation(1, Flip.HORIZONTAL);

  /** Ten images of 3x4x2 with the values 24 image + position + 1: none is 0, none comes twice. */
  private static final ImageSet SET = numbered(new ImageShape(3, 4, 2), 10);

  @Test
  void givesFeaturesAndOneHotLabelsInOrder() {
    DataSet batch = ImageBatches.builder(SET, CLASSES).batchSize(4).build().next();
    assertArrayEquals(new long[] {4, 2, 3, 4}, batch.getFeatures().shape());
    assertEquals(DataType.FLOAT, batch.getFeatures().dataType());
    assertEquals(24 + 2, batch.getFeatures().getFloat(1, 1, 0, 0));
    float[][] oneHot = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 0, 0}};
    assertEquals(Nd4j.createFromArray(oneHot), batch.getLabels());
  }

  @Test
  void bothFormatsHoldTheSame() {
    INDArray nchw = augmented(CNN2DFormat.NCHW).next().getFeatures();
    INDArray nhwc = augmented(CNN2DFormat.NHWC).next().getFeatures();
    assertArrayEquals(new long[] {5, 3, 4, 2}, nhwc.shape());
    assertEquals(nchw, nhwc.permute(0, 3, 1, 2).dup());
  }

  @Test
  void evaluationKeepsThePartialBatch() {
    ImageBatches batches = ImageBatches.builder(SET, CLASSES).batchSize(4).build();
    assertEquals(3, batches.batches());
    assertEquals(10, batches.totalExamples());
    List<DataSet> epoch = drain(batches);
    assertEquals(2, epoch.get(2).numExamples());
    assertThrows(NoSuchElementException.class, batches::next);
  }

  @Test
  void trainingLeavesThePartialBatchOut() {
    ImageBatches batches = shuffled(4, 0);
    assertEquals(2, batches.batches());
    assertEquals(8, batches.totalExamples());
    assertEquals(2, drain(batches).size());
  }

  @Test
  void trainingKeepsTheOnlyBatch() {
    assertEquals(10, shuffled(64, 0).next().numExamples());
  }

  @Test
  void shufflingGivesEveryImageOnceInAnOrderOfItsOwn() {
    Set<List<Integer>> orders = new HashSet<>();
    ImageBatches batches = shuffled(5, 3);
    for (int epoch = 0; epoch < 5; epoch++) {
      batches.startEpoch(epoch);
      List<Integer> images = images(drain(batches));
      orders.add(images);
      assertEquals(IntStream.range(0, 10).boxed().toList(), images.stream().sorted().toList());
    }
    assertEquals(5, orders.size());
    assertNotEquals(images(drain(shuffled(5, 3))), images(drain(shuffled(5, 4))));
  }

  /** Recorded: an order that changes would make old checkpoints resume on other images. */
  @Test
  void shufflingStaysAsItWas() {
    assertEquals(List.of(2, 7, 9, 8, 4, 5, 6, 0, 1, 3), images(drain(shuffled(5, 3))));
  }

  @Test
  void shufflingIsUnbiased() {
    int[] first = new int[10];
    ImageBatches batches = shuffled(10, 0);
    for (int epoch = 0; epoch < 2000; epoch++) {
      batches.startEpoch(epoch);
      first[image(batches.next().getFeatures(), 0)]++;
    }
    for (int count : first) {
      assertEquals(200, count, 65, Arrays.toString(first));
    }
  }

  @Test
  void sameSeedAndEpochGiveTheSameArrays() {
    ImageBatches once = augmented(CNN2DFormat.NCHW);
    ImageBatches again = augmented(CNN2DFormat.NCHW);
    drain(once);
    once.startEpoch(7);
    again.startEpoch(7);
    List<DataSet> expected = drain(once);
    assertEquals(expected, drain(again));
    again.reset();
    assertEquals(8, again.epoch());
    assertNotEquals(expected, drain(again));
  }

  @Test
  void resumesInTheMiddleOfAnEpoch() {
    ImageBatches whole = shuffled(3, 0);
    whole.startEpoch(2);
    List<DataSet> epoch = drain(whole);
    ImageBatches resumed = shuffled(3, 0);
    resumed.startEpoch(2);
    resumed.skipToBatch(1);
    assertEquals(1, resumed.nextBatch());
    assertEquals(epoch.subList(1, 3), drain(resumed));
    assertEquals(3, resumed.nextBatch());
    resumed.skipToBatch(3);
    assertFalse(resumed.hasNext());
    assertThrows(IllegalArgumentException.class, () -> resumed.skipToBatch(4));
  }

  @Test
  void resetStaysAtAFreshEpoch() {
    ImageBatches batches = shuffled(3, 0);
    batches.startEpoch(4);
    batches.reset();
    assertEquals(4, batches.epoch());
    batches.next();
    batches.reset();
    assertEquals(5, batches.epoch());
    assertEquals(0, batches.nextBatch());
  }

  @Test
  void augmentsEveryImageInItsOwnWay() {
    ImageSet same = ImageSet.ofBytes(new ImageShape(3, 3, 1), ones(9 * 200), new int[200]);
    INDArray features =
        ImageBatches.builder(same, CLASSES)
            .batchSize(200)
            .augmentation(new Augmentation(1, Flip.NONE))
            .build()
            .next()
            .getFeatures();
    int unmoved = countWithSum(features, 9);
    int diagonal = countWithSum(features, 4);
    assertEquals(200 / 9.0, unmoved, 18);
    assertEquals(4 * 200 / 9.0, diagonal, 28);
  }

  @Test
  void padsWithZeroAfterNormalization() {
    ImageSet same = ImageSet.ofBytes(new ImageShape(3, 3, 1), ones(9 * 50), new int[50]);
    Normalization toThree =
        new Normalization(NormalizationKind.STANDARDIZE, List.of(-2.0), List.of(1.0));
    INDArray features =
        ImageBatches.builder(same, CLASSES)
            .normalization(toThree)
            .augmentation(STRONG)
            .build()
            .next()
            .getFeatures();
    for (float value : features.dup().data().asFloat()) {
      assertTrue(value == 0 || value == 3, "value " + value);
    }
    assertEquals(0, features.minNumber().floatValue());
  }

  @Test
  void evaluationSeesNothingOfTheTrainingChanges() {
    ImageData data = new ImageData("numbered", CLASSES, SET, SET);
    assertTrue(images(drain(ImageBatches.evaluation(data).build())).get(9) == 9);
    assertNotEquals(
        images(drain(ImageBatches.evaluation(data).build())),
        images(drain(ImageBatches.training(data).batchSize(10).build())));
  }

  @Test
  void arraysBelongToNoWorkspaceAndStayAsTheyAre() {
    ImageBatches batches = ImageBatches.builder(SET, CLASSES).batchSize(4).build();
    DataSet first;
    try (MemoryWorkspace workspace =
        Nd4j.getWorkspaceManager().getAndActivateWorkspace("ImageBatchesTest")) {
      first = batches.next();
    }
    assertFalse(first.getFeatures().isAttached());
    assertFalse(first.getLabels().isAttached());
    INDArray copy = first.getFeatures().dup();
    batches.next();
    assertEquals(copy, first.getFeatures());
  }

  @Test
  void reusedMemoryHoldsTheSameValues() {
    ImageBatches fresh = ImageBatches.builder(SET, CLASSES).batchSize(4).build();
    ImageBatches reusing =
        ImageBatches.builder(SET, CLASSES).batchSize(4).memory(BatchMemory.REUSED).build();
    INDArray first = reusing.next().getFeatures();
    assertEquals(fresh.next().getFeatures(), first);
    INDArray second = reusing.next().getFeatures();
    assertSame(first, second);
    assertEquals(fresh.next().getFeatures(), second);
    assertEquals(fresh.next(), reusing.next(), "the smaller last batch");
    reusing.reset();
    fresh.reset();
    INDArray closed = reusing.next().getFeatures();
    fresh.next();
    closed.close();
    assertEquals(fresh.next(), reusing.next(), "after the array was closed");
  }

  @Test
  void appliesThePreProcessor() {
    ImageBatches batches = ImageBatches.builder(SET, CLASSES).build();
    batches.setPreProcessor(batch -> batch.getFeatures().assign(5));
    assertEquals(5, batches.next().getFeatures().maxNumber().intValue());
  }

  @Test
  void describesItselfToDl4j() {
    ImageBatches batches = ImageBatches.builder(SET, CLASSES).batchSize(4).build();
    assertEquals(24, batches.inputColumns());
    assertEquals(3, batches.totalOutcomes());
    assertEquals(4, batches.batch());
    assertEquals(CLASSES, batches.getLabels());
    assertTrue(batches.resetSupported());
    assertFalse(batches.asyncSupported());
    assertEquals(3, batches.next(3).numExamples());
  }

  @Test
  void refusesWhatDoesNotFit() {
    ImageBatches.Builder builder = ImageBatches.builder(SET, CLASSES);
    Normalization grey = new Normalization(NormalizationKind.UNIT, List.of(0.0), List.of(255.0));
    assertThrows(DataException.class, () -> builder.normalization(grey));
    assertThrows(IllegalArgumentException.class, () -> builder.batchSize(0));
    assertThrows(
        IllegalArgumentException.class, () -> builder.augmentation(new Augmentation(3, Flip.NONE)));
    assertThrows(IllegalArgumentException.class, () -> new Augmentation(-1, Flip.NONE));
    assertThrows(DataException.class, () -> ImageBatches.builder(SET, List.of("a", "b")));
    assertThrows(DataException.class, () -> ImageBatches.builder(SET.first(0), CLASSES));
  }

  private static ImageBatches shuffled(int batchSize, long seed) {
    return ImageBatches.builder(SET, CLASSES)
        .batchSize(batchSize)
        .order(SampleOrder.SHUFFLED)
        .seed(seed)
        .build();
  }

  private static ImageBatches augmented(CNN2DFormat format) {
    return ImageBatches.builder(SET, CLASSES)
        .batchSize(5)
        .order(SampleOrder.SHUFFLED)
        .augmentation(STRONG)
        .format(format)
        .build();
  }

  private static ImageSet numbered(ImageShape shape, int count) {
    byte[] pixels = new byte[count * shape.size()];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (i + 1);
    }
    return ImageSet.ofBytes(shape, pixels, IntStream.range(0, count).map(i -> i % 3).toArray());
  }

  private static byte[] ones(int length) {
    byte[] pixels = new byte[length];
    Arrays.fill(pixels, (byte) 1);
    return pixels;
  }

  private static List<DataSet> drain(ImageBatches batches) {
    List<DataSet> all = new ArrayList<>();
    batches.forEachRemaining(all::add);
    return all;
  }

  /** Which images of {@link #SET} are in the batches. */
  private static List<Integer> images(List<DataSet> batches) {
    List<Integer> images = new ArrayList<>();
    for (DataSet batch : batches) {
      for (int i = 0; i < batch.numExamples(); i++) {
        images.add(image(batch.getFeatures(), i));
      }
    }
    return images;
  }

  private static int image(INDArray features, int row) {
    return (int) (features.getFloat(row, 0, 0, 0) - 1) / 24;
  }

  private static int countWithSum(INDArray images, float sum) {
    return (int)
        IntStream.range(0, (int) images.size(0)).filter(i -> sum(images.slice(i)) == sum).count();
  }

  private static float sum(INDArray image) {
    return image.sumNumber().floatValue();
  }
}
