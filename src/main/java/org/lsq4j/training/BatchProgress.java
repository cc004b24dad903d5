package org.lsq4j.training;

/**
 * Where a training is after a batch.
 *
 * @param epoch current epoch, from 1
 * @param epochs number of epochs
 * @param batch batches done in this epoch
 * @param batches batches of an epoch
 * @param examples examples in this batch
 * @param loss loss of this batch; NaN before it is computed
 */
public record BatchProgress(
    int epoch, int epochs, int batch, int batches, int examples, double loss) {

  /** The same place with a loss. */
  BatchProgress withLoss(double newLoss) {
    return new BatchProgress(epoch, epochs, batch, batches, examples, newLoss);
  }
}
