package org.lsq4j.data;

import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.data.Augmentation.Change;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.concurrency.AffinityManager;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.DataSetPreProcessor;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Batches of an image set for DL4J: features {@code [batch, channels, height, width]} (NCHW) or
 * {@code [batch, height, width, channels]} (NHWC), normalized and augmented, and one-hot labels
 * {@code [batch, classes]}; both float and in no workspace. Every batch has arrays of its own
 * unless {@link BatchMemory#REUSED} is asked for.
 *
 * <p>There is no hidden random state: the order of the images is a function of seed and epoch, and
 * the augmentation of an image one of seed, epoch and the image's index. To resume a run, store
 * {@link #epoch()} and {@link #nextBatch()} and hand them to {@link #startEpoch} and {@link
 * #skipToBatch}.
 *
 * <p>For one thread at a time. Java serialization is not supported, although the interface names
 * it.
 */
@SuppressWarnings("serial")
public final class ImageBatches implements DataSetIterator {
  /** Keeps the numbers of the shuffle apart from those of the images 0, 1, 2... */
  private static final long SHUFFLE_KEY = -1;

  private final ImageSet set;
  private final List<String> classNames;
  private final int batchSize;
  private final SampleOrder order;
  private final long seed;
  private final Normalization normalization;
  private final Augmentation augmentation;
  private final CNN2DFormat format;
  private final BatchMemory memory;
  private final ImageWriter writer;

  private int epoch;
  private int[] indices;
  private int position;
  private INDArray reused;
  private DataSetPreProcessor preProcessor;

  private ImageBatches(Builder builder) {
    set = builder.set;
    classNames = builder.classNames;
    batchSize = builder.batchSize;
    order = builder.order;
    seed = builder.seed;
    normalization = builder.normalization;
    augmentation = builder.augmentation;
    format = builder.format;
    memory = builder.memory;
    writer = new ImageWriter(set.shape(), format);
    startEpoch(0);
  }

  /** Batches to train on: the train set, shuffled. Set normalization and augmentation yourself. */
  public static Builder training(ImageData data) {
    return builder(data.train(), data.classNames()).order(SampleOrder.SHUFFLED);
  }

  /** Batches to evaluate on: the test set, in order. Set the normalization yourself. */
  public static Builder evaluation(ImageData data) {
    return builder(data.test(), data.classNames());
  }

  /**
   * Batches of any set: in order, 64 images each, raw values, NCHW, unless set otherwise.
   *
   * @param set images, at least one
   * @param classNames a name for every label
   * @throws DataException if the set is empty or a label has no name
   */
  public static Builder builder(ImageSet set, List<String> classNames) {
    return new Builder(set, classNames);
  }

  /**
   * Goes to the first batch of an epoch.
   *
   * @param newEpoch which order and augmentation, from 0
   */
  public void startEpoch(int newEpoch) {
    if (newEpoch < 0) {
      throw new IllegalArgumentException("epoch: must be at least 0, but is " + newEpoch);
    }
    epoch = newEpoch;
    indices = order == SampleOrder.SHUFFLED ? shuffled() : inOrder();
    position = 0;
  }

  /**
   * Goes to a batch of the current epoch without making those before it.
   *
   * @param batch from 0 to {@link #batches()}, which is the end of the epoch
   */
  public void skipToBatch(int batch) {
    if (batch < 0 || batch > batches()) {
      throw new IllegalArgumentException("batch: must be 0 to " + batches() + ", but is " + batch);
    }
    position = Math.min(batch * batchSize, totalExamples());
  }

  /** The current epoch, from 0. */
  public int epoch() {
    return epoch;
  }

  /** Number of the batch that {@link #next()} gives, from 0; {@link #batches()} at the end. */
  public int nextBatch() {
    return (position + batchSize - 1) / batchSize;
  }

  /** How many batches an epoch has. */
  public int batches() {
    return (totalExamples() + batchSize - 1) / batchSize;
  }

  /** How many images an epoch has, without a partial batch that is left out. */
  public int totalExamples() {
    return indices.length;
  }

  /** Size of every image. */
  public ImageShape shape() {
    return set.shape();
  }

  /** Order of the axes of the features. */
  public CNN2DFormat format() {
    return format;
  }

  @Override
  public boolean hasNext() {
    return position < totalExamples();
  }

  @Override
  public DataSet next() {
    return next(batchSize);
  }

  /**
   * The next images, as many as asked for or left.
   *
   * @param count at least 1; another number than {@link #batch()} moves the batch borders
   * @throws NoSuchElementException at the end of the epoch
   */
  @Override
  public DataSet next(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("count: must be at least 1, but is " + count);
    }
    if (!hasNext()) {
      throw new NoSuchElementException("epoch " + epoch + " has no more batches; call reset()");
    }
    int end = Math.min(position + count, totalExamples());
    int[] chosen = Arrays.copyOfRange(indices, position, end);
    position = end;
    DataSet batch = new DataSet(features(chosen), labels(chosen));
    if (preProcessor != null) {
      preProcessor.preProcess(batch);
    }
    return batch;
  }

  /**
   * Goes to the first batch of the next epoch; stays where it is if nothing of this epoch was read,
   * because DL4J's trainers differ in whether they reset before the first epoch. Without shuffling
   * and augmentation all epochs are the same.
   */
  @Override
  public void reset() {
    if (position > 0) {
      startEpoch(epoch + 1);
    }
  }

  @Override
  public boolean resetSupported() {
    return true;
  }

  /** False: DL4J would read batches ahead, and {@link #nextBatch()} would no longer be true. */
  @Override
  public boolean asyncSupported() {
    return false;
  }

  @Override
  public int inputColumns() {
    return set.shape().size();
  }

  @Override
  public int totalOutcomes() {
    return classNames.size();
  }

  @Override
  public int batch() {
    return batchSize;
  }

  /** Sets what is applied to every batch after normalization and augmentation; null for nothing. */
  @Override
  public void setPreProcessor(DataSetPreProcessor newPreProcessor) {
    preProcessor = newPreProcessor;
  }

  @Override
  public DataSetPreProcessor getPreProcessor() {
    return preProcessor;
  }

  @Override
  public List<String> getLabels() {
    return classNames;
  }

  private int[] inOrder() {
    return IntStream.range(0, set.count()).toArray();
  }

  private int[] shuffled() {
    int[] all = inOrder();
    SampleRandom random = new SampleRandom(seed, epoch, SHUFFLE_KEY);
    for (int i = all.length - 1; i > 0; i--) {
      int j = random.below(i + 1);
      int swapped = all[i];
      all[i] = all[j];
      all[j] = swapped;
    }
    int fullBatches = all.length / batchSize;
    return fullBatches == 0 ? all : Arrays.copyOf(all, fullBatches * batchSize);
  }

  private INDArray features(int[] chosen) {
    int size = set.shape().size();
    float[] values = new float[chosen.length * size];
    float[] image = new float[size];
    for (int i = 0; i < chosen.length; i++) {
      set.copyPixels(chosen[i], image, 0);
      normalization.apply(image, 0, size);
      Change change = augmentation.draw(seed, epoch, chosen[i]);
      writer.write(image, change, values, i * size);
    }
    long[] shape = featureShape(chosen.length);
    return memory == BatchMemory.REUSED ? overwritten(values, shape) : array(values, shape);
  }

  /** The array of the batch before with new values; another one if that does not fit. */
  private INDArray overwritten(float[] values, long[] shape) {
    if (reused == null || reused.wasClosed() || !Arrays.equals(reused.shape(), shape)) {
      reused = array(values, shape);
      return reused;
    }
    // On a GPU the values are written to the host's copy, which must be there and then count.
    AffinityManager copies = Nd4j.getAffinityManager();
    copies.ensureLocation(reused, AffinityManager.Location.HOST);
    reused.data().asNioFloat().put(values);
    copies.tagLocation(reused, AffinityManager.Location.HOST);
    return reused;
  }

  private long[] featureShape(int count) {
    ImageShape shape = set.shape();
    return format == CNN2DFormat.NHWC
        ? new long[] {count, shape.height(), shape.width(), shape.channels()}
        : new long[] {count, shape.channels(), shape.height(), shape.width()};
  }

  private INDArray labels(int[] chosen) {
    int classes = classNames.size();
    float[] values = new float[chosen.length * classes];
    for (int i = 0; i < chosen.length; i++) {
      values[i * classes + set.label(chosen[i])] = 1;
    }
    return array(values, chosen.length, classes);
  }

  private static INDArray array(float[] values, long... shape) {
    try (MemoryWorkspace none = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      return Nd4j.create(values, shape, DataType.FLOAT);
    }
  }

  /** Collects how batches are made. */
  public static final class Builder {
    private final ImageSet set;
    private final List<String> classNames;
    private int batchSize = 64;
    private SampleOrder order = SampleOrder.IN_ORDER;
    private long seed;
    private Normalization normalization;
    private Augmentation augmentation = Augmentation.NONE;
    private CNN2DFormat format = CNN2DFormat.NCHW;
    private BatchMemory memory = BatchMemory.FRESH;

    private Builder(ImageSet set, List<String> classNames) {
      if (set.count() == 0) {
        throw new DataException("batches: there are no images");
      }
      if (set.maxLabel() >= classNames.size()) {
        throw new DataException(
            String.format(
                "batches: label %d, but only %d classes", set.maxLabel(), classNames.size()));
      }
      this.set = set;
      this.classNames = List.copyOf(classNames);
      this.normalization = Normalization.of(set, NormalizationKind.NONE);
    }

    /** Images a batch, at least 1. */
    public Builder batchSize(int newBatchSize) {
      if (newBatchSize < 1) {
        throw new IllegalArgumentException(
            "batch size: must be at least 1, but is " + newBatchSize);
      }
      batchSize = newBatchSize;
      return this;
    }

    /** Order of the images. */
    public Builder order(SampleOrder newOrder) {
      order = Objects.requireNonNull(newOrder, "order");
      return this;
    }

    /** Seed of shuffling and augmentation; 0 if not set. */
    public Builder seed(long newSeed) {
      seed = newSeed;
      return this;
    }

    /** Scaling of the values; found on the train set, also when these are test images. */
    public Builder normalization(Normalization newNormalization) {
      int channels = set.shape().channels();
      if (newNormalization.channels() != channels) {
        throw new DataException(
            String.format(
                "normalization is for %d channels, but the images have %d",
                newNormalization.channels(), channels));
      }
      normalization = newNormalization;
      return this;
    }

    /** Random changes of the images. */
    public Builder augmentation(Augmentation newAugmentation) {
      int smallerSide = Math.min(set.shape().height(), set.shape().width());
      if (newAugmentation.shift() >= smallerSide) {
        throw new IllegalArgumentException(
            String.format(
                "shift: must be below the image's smaller side %d, but is %d",
                smallerSide, newAugmentation.shift()));
      }
      augmentation = newAugmentation;
      return this;
    }

    /** Order of the axes of the features, the one that the network's first layer has. */
    public Builder format(CNN2DFormat newFormat) {
      format = Objects.requireNonNull(newFormat, "format");
      return this;
    }

    /** How long the features of a batch stay valid. */
    public Builder memory(BatchMemory newMemory) {
      memory = Objects.requireNonNull(newMemory, "memory");
      return this;
    }

    /** Makes the batches, at epoch 0. */
    public ImageBatches build() {
      return new ImageBatches(this);
    }
  }
}
