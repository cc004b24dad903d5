package org.lsq4j.compute.onednn;

import com.sun.jna.Callback;
import com.sun.jna.CallbackThreadInitializer;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * OpenMP's own threads, on which oneDNN's primitives run: they call back into Java. Threads of
 * Java's would take turns with them on the same processors, and each would find them busy, as
 * OpenMP's wait for the next primitive in a loop.
 */
final class OpenMpTeam implements Team {

  private static final Logger LOG = LoggerFactory.getLogger(OpenMpTeam.class);

  /** GNU's runtime by the name that libraries ask for, wherever it was loaded from. */
  private static final String RUNTIME = "libgomp.so.1";

  /** RTLD_LAZY and RTLD_NOLOAD: a second runtime beside oneDNN's would be of no use. */
  private static final int ONLY_IF_LOADED = 1 | 4;

  private final int threads;
  private final ThreadLocal<Caller> callers = ThreadLocal.withInitial(Caller::new);

  private OpenMpTeam(int threads) {
    this.threads = threads;
  }

  /** So many threads, if oneDNN has loaded a runtime that lends them. */
  static Optional<Team> of(int threads) {
    try {
      Gomp.bind();
      return Optional.of(new OpenMpTeam(threads));
    } catch (LinkageError e) {
      LOG.debug("Loops run on Java's threads, not on OpenMP's: {}", e.toString());
      return Optional.empty();
    }
  }

  @Override
  public void run(int tasks, IntConsumer task) {
    SharedLoop loop = new SharedLoop(tasks, task);
    callers.get().share(loop);
    loop.rethrow();
  }

  /** What one thread of a parallel region does. */
  interface Region extends Callback {
    void run(Pointer unused);
  }

  /** A thread that opens parallel regions; OpenMP keeps a team of threads for each. */
  private final class Caller {
    private volatile SharedLoop current;
    // Kept, because each is a piece of native code.
    private final Region region = unused -> current.work();

    Caller() {
      // Attached to Java until it ends: that takes longer than a loop.
      boolean daemon = true;
      boolean detachAfterCall = false;
      Native.setCallbackThreadInitializer(
          region, new CallbackThreadInitializer(daemon, detachAfterCall, "lsq4j-openmp"));
    }

    void share(SharedLoop loop) {
      if (current != null) {
        // A task has a loop itself, and the threads are with that of the task.
        loop.work();
        return;
      }
      current = loop;
      try {
        Gomp.GOMP_parallel(region, Pointer.NULL, threads, 0);
      } finally {
        current = null;
      }
    }
  }

  /** The functions of the runtime. */
  private static final class Gomp {

    static {
      Native.register(
          NativeLibrary.getInstance(RUNTIME, Map.of(Library.OPTION_OPEN_FLAGS, ONLY_IF_LOADED)));
    }

    private Gomp() {}

    /** Throws a linkage error where there is none. */
    static void bind() {
      // The initializer above does it.
    }

    /** Runs a region on so many threads, the calling one among them, and waits for all. */
    static native void GOMP_parallel(Region region, Pointer data, int threads, int flags);
  }
}
