package org.lsq4j.deploy.runtime;

import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.Shape;

/**
 * A graph ready to predict. Any number of threads may call it at the same time; what they need is
 * kept, so that a prediction allocates nothing once as many as ever call at a time have called.
 *
 * <p>With several threads of its own, a model divides a batch among them; a caller that finds them
 * busy computes its batch alone. Results do not depend on backend, threads or the other examples of
 * a batch, to the last bit.
 */
public final class IntegerModel implements AutoCloseable {

  private final IntegerGraph graph;
  private final Backend backend;
  private final Backend.Prepared prepared;
  private final ArrayDeque<Executor> idle = new ArrayDeque<>();
  private final WorkerTeam team;
  private final ReentrantLock teamLock = new ReentrantLock();
  private final TeamBatch teamBatch;
  private volatile boolean closed;

  private IntegerModel(IntegerGraph graph, RuntimeOptions options) {
    this.graph = graph;
    backend = Backends.choose(options.backend());
    prepared = backend.prepare(Program.of(graph));
    team = new WorkerTeam(backend.workers(options.threads()));
    teamBatch = new TeamBatch();
  }

  /** A model that runs as {@link RuntimeOptions#DEFAULT} says. */
  public static IntegerModel of(IntegerGraph graph) {
    return of(graph, RuntimeOptions.DEFAULT);
  }

  /**
   * A model.
   *
   * @throws IllegalArgumentException if there is no such backend, it cannot work here, or the
   *     graph's output is codes
   */
  public static IntegerModel of(IntegerGraph graph, RuntimeOptions options) {
    return new IntegerModel(graph, options);
  }

  /** What it computes. */
  public IntegerGraph graph() {
    return graph;
  }

  /** Name of the backend it is computed with. */
  public String backend() {
    return backend.name();
  }

  /** Shape of one input. */
  public Shape inputShape() {
    return graph.inputShape();
  }

  /** Shape of one output. */
  public Shape outputShape() {
    return graph.outputShape();
  }

  /**
   * Computes a batch.
   *
   * @param inputs finite numbers [N, height, width, channels], scaled as the model was trained; see
   *     {@link org.lsq4j.deploy.graph.ModelInfo#scaling}
   * @param count N
   * @param outputs receives [N, height, width, channels] of the output shape
   * @throws IllegalArgumentException if an array is too short
   * @throws IllegalStateException if the model is closed
   */
  public void predict(float[] inputs, int count, float[] outputs) {
    if (closed) {
      throw new IllegalStateException("The model is closed; it cannot predict any more");
    }
    requireLength("inputs", inputs, count, inputShape());
    requireLength("outputs", outputs, count, outputShape());
    if (!predictTogether(inputs, count, outputs)) {
      predictAlone(inputs, count, outputs);
    }
  }

  /** Gives false if the model has no threads of its own, or they are busy or have ended. */
  private boolean predictTogether(float[] inputs, int count, float[] outputs) {
    if (team.threads() == 1 || count == 1 || !teamLock.tryLock()) {
      return false;
    }
    try {
      if (closed) {
        return false;
      }
      teamBatch.run(inputs, count, outputs);
      return true;
    } finally {
      teamLock.unlock();
    }
  }

  private static void requireLength(String what, float[] values, int count, Shape each) {
    if (count < 0 || values.length < (long) count * each.size()) {
      throw new IllegalArgumentException(
          what + ": " + values.length + " numbers are too few for " + count + " of " + each);
    }
  }

  private void predictAlone(float[] inputs, int count, float[] outputs) {
    Executor executor = borrow();
    try {
      executor.run(inputs, 0, count, outputs);
    } finally {
      giveBack(executor);
    }
  }

  private Executor borrow() {
    synchronized (idle) {
      if (!idle.isEmpty()) {
        return idle.pop();
      }
    }
    return prepared.newExecutor();
  }

  private void giveBack(Executor executor) {
    synchronized (idle) {
      idle.push(executor);
    }
  }

  /** The position of the largest of one example's outputs; the first if there are several. */
  public static int argMax(float[] outputs, int from, int length) {
    int best = from;
    for (int i = from + 1; i < from + length; i++) {
      if (outputs[i] > outputs[best]) {
        best = i;
      }
    }
    return best - from;
  }

  /** Waits for the batch that the model's threads compute, and ends them. */
  @Override
  public void close() {
    closed = true;
    teamLock.lock();
    try {
      team.close();
    } finally {
      teamLock.unlock();
    }
  }

  /** A batch that the team computes, each thread its share of neighbouring examples. */
  private final class TeamBatch implements WorkerTeam.Task {
    private final Executor[] executors = new Executor[team.threads()];
    private float[] inputs;
    private int count;
    private float[] outputs;

    void run(float[] newInputs, int newCount, float[] newOutputs) {
      inputs = newInputs;
      count = newCount;
      outputs = newOutputs;
      team.run(this);
    }

    @Override
    public void run(int part) {
      int first = (int) ((long) count * part / executors.length);
      int end = (int) ((long) count * (part + 1) / executors.length);
      if (first == end) {
        return;
      }
      if (executors[part] == null) {
        executors[part] = prepared.newExecutor();
      }
      executors[part].run(inputs, first, end - first, outputs);
    }
  }
}
