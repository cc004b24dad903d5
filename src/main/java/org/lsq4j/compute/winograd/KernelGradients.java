package org.lsq4j.compute.winograd;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Gradients of kernels, on several threads. Each task has sums of its own, added in the order of
 * the tasks, of which there are as many on any machine.
 */
final class KernelGradients {

  private static final int TASKS = 32;
  private static final int MATRICES = TileSizes.ELEMENTS * Products.MATRIX;

  /** The sums of a task: its matrices, and those of the bias behind them. */
  private static final int TASK = MATRICES + Pixels.CHANNELS;

  private final TileStrips strips;
  private final InputTiles input;
  private final GradientTiles upstream;
  private final ParallelLoop loop;

  KernelGradients(ConvolvedImages images, ParallelLoop loop) {
    strips = new TileStrips(images.examples(), images.output());
    input = new InputTiles(images, strips);
    upstream = new GradientTiles(strips);
    this.loop = loop;
  }

  /** Of kernels [O, I, 3, 3], and of the bias of each output channel unless that is null. */
  void run(FloatBuffer x, FloatBuffer dy, FloatBuffer dw, FloatBuffer db) {
    int tasks = Math.min(TASKS, strips.count());
    float[] sums = TileMemory.floats(TileMemory.Use.SUMS, tasks * TASK);
    loop.run(
        tasks,
        task -> {
          int own = task * TASK;
          Arrays.fill(sums, own, own + TASK, 0);
          int end = strips.firstOf(task + 1, tasks);
          for (int number = strips.firstOf(task, tasks); number < end; number++) {
            add(x, dy, strips.strip(number), sums, own);
          }
        });
    for (int task = 1; task < tasks; task++) {
      addToFirst(sums, task * TASK);
    }
    WinogradWeights.writeGradients(sums, dw);
    if (db != null) {
      db.put(0, sums, MATRICES, Pixels.CHANNELS);
    }
  }

  private void add(FloatBuffer x, FloatBuffer dy, TileStrips.Strip strip, float[] sums, int first) {
    float[] gradients = upstream.elements(dy, strip);
    long[] elements = input.elements(x, strip);
    for (int element = 0; element < TileSizes.ELEMENTS; element++) {
      int matrix = first + element * Products.MATRIX;
      int at = element * strips.plane();
      Products.addOuter(elements, gradients, at, sums, matrix, strip.tiles());
    }
    int bias = first + MATRICES;
    Products.addAll(gradients, TileProducts.BIAS * strips.plane(), strip.tiles(), sums, bias);
  }

  private static void addToFirst(float[] sums, int first) {
    for (int i = 0; i < TASK; i++) {
      sums[i] += sums[first + i];
    }
  }
}
