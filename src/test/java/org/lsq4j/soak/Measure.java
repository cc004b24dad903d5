package org.lsq4j.soak;

import java.lang.management.ManagementFactory;
import java.util.function.ToDoubleFunction;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What must not grow while a training runs, and by how much it may: what cannot be told from noise
 * even in a short run, and a rate that would not end a training of a week.
 */
enum Measure {
  /** Java heap that survives a collection, MB. */
  HEAP("heapMb", 4, 2, process -> megabytes(usedHeap())),
  /** Native memory that JavaCPP allocated: scratch memory and primitives of oneDNN, MB. */
  NATIVE("javacppMb", 1, 1, process -> megabytes(Pointer.totalBytes())),
  /** ND4J's workspaces of the training thread, MB. */
  WORKSPACES("workspaceMb", 1, 1, process -> megabytes(workspaces())),
  /** All memory of the process that is in use, as JavaCPP sees it, MB. */
  PHYSICAL("physicalMb", 60, 12, process -> megabytes(Pointer.physicalBytes())),
  /** The same as the system counts it, MB. */
  RESIDENT("residentMb", 60, 12, ProcessFiles::residentMegabytes),
  /** Open file handles. */
  FILES("files", 2, 1, ProcessFiles::openFiles),
  /** Threads, native ones included. */
  THREADS("threads", 2, 1, ProcessFiles::threads);

  private static final double BYTES_PER_MEGABYTE = 1e6;

  private final String column;
  private final double noise;
  private final double perHour;
  private final ToDoubleFunction<ProcessFiles> read;

  Measure(String column, double noise, double perHour, ToDoubleFunction<ProcessFiles> read) {
    this.column = column;
    this.noise = noise;
    this.perHour = perHour;
    this.read = read;
  }

  /** Header of the column in the CSV file. */
  String column() {
    return column;
  }

  /** The value now. */
  double read(ProcessFiles process) {
    return read.applyAsDouble(process);
  }

  /** By how much it may grow within so many hours. */
  double allowedGrowth(double hours) {
    return Math.max(noise, perHour * hours);
  }

  private static double megabytes(long bytes) {
    return bytes / BYTES_PER_MEGABYTE;
  }

  private static long usedHeap() {
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static long workspaces() {
    return Nd4j.getWorkspaceManager().getAllWorkspacesForCurrentThread().stream()
        .mapToLong(MemoryWorkspace::getCurrentSize)
        .sum();
  }
}
