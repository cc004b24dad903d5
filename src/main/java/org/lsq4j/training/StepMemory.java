package org.lsq4j.training;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.lsq4j.data.ImageBatches;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * How much memory outside of Java's heap an update of a network needs, found by updates of a few
 * images: activations and their gradients grow with the batch, the rest does not.
 *
 * <p>What is measured are DL4J's workspaces. The process grows by more: by 1.8 times as much with
 * ResNet-20, by 2.5 times with VGG, since the first update has no workspaces yet and convolutions
 * have memory of their own.
 *
 * @param fixedBytes of the workspaces for any batch
 * @param bytesPerExample of the workspaces for each image of it
 */
public record StepMemory(double fixedBytes, double bytesPerExample) {

  private static final double LEAST_GROWTH = 1.8;
  private static final double MOST_GROWTH = 2.5;

  /** Of the memory that is free, as other programs need some, too. */
  private static final double USABLE = 0.9;

  private static final int FEW = 2;
  private static final int MORE = 6;

  /**
   * Measures.
   *
   * @param network calibrated if it is quantized; it is not changed
   * @param batches any that it can be trained on; they are read from their beginning
   */
  public static StepMemory measure(NeuralNetwork network, ImageBatches batches) {
    double few = inNewThread(network, batches, FEW);
    double more = inNewThread(network, batches, MORE);
    double slope = Math.max(0, (more - few) / (MORE - FEW));
    return new StepMemory(few - FEW * slope, slope);
  }

  /** DL4J's workspaces belong to threads; those of this one must not learn from small batches. */
  private static double inNewThread(NeuralNetwork network, ImageBatches batches, int examples) {
    FutureTask<Double> task = new FutureTask<>(() -> bytes(network, batches, examples));
    Thread thread = new Thread(task, "step-memory");
    thread.start();
    try {
      return task.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("Measuring the memory of an update failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static double bytes(NeuralNetwork network, ImageBatches batches, int examples) {
    NeuralNetwork copy = copy(network);
    batches.startEpoch(0);
    DataSet batch = batches.next(examples);
    copy.fit(batch);
    double bytes = 0;
    for (MemoryWorkspace each : Nd4j.getWorkspaceManager().getAllWorkspacesForCurrentThread()) {
      bytes += each.getCurrentSize();
    }
    Nd4j.getWorkspaceManager().destroyAllWorkspacesForCurrentThread();
    return bytes;
  }

  private static NeuralNetwork copy(NeuralNetwork network) {
    return network instanceof ComputationGraph graph
        ? graph.clone()
        : ((MultiLayerNetwork) network).clone();
  }

  /** The least that a process grows by in updates of a batch, in bytes. */
  public double atLeast(int batch) {
    return LEAST_GROWTH * (fixedBytes + batch * bytesPerExample);
  }

  /** The largest batch that surely fits, at least 0. */
  public int largestBatch(long freeBytes) {
    double workspaces = USABLE * freeBytes / MOST_GROWTH - fixedBytes;
    return (int) Math.max(0, Math.min(Integer.MAX_VALUE, workspaces / bytesPerExample));
  }
}
