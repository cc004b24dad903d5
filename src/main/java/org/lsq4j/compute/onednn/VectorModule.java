package org.lsq4j.compute.onednn;

import org.lsq4j.compute.winograd.WinogradConvolution;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What of Java's vector module works in this process; found out once, when first asked for. */
final class VectorModule {

  private static final Logger log = LoggerFactory.getLogger(VectorModule.class);

  /** How much of it works. The module incubates: another JDK may have another version of it. */
  enum Support {
    BUFFERS,
    ARRAYS,
    NONE
  }

  static final Support SUPPORT = support();

  /** Whether the loops of {@link NormLoops} work. */
  static final boolean NORM_LOOPS = SUPPORT == Support.BUFFERS && works(NormLoops::probe);

  /** Found out when a network has such a convolution. */
  private static final class Winograd {

    static final boolean WORKS = SUPPORT != Support.NONE && works(WinogradConvolution::probe);
  }

  private VectorModule() {}

  /** Whether the loops of {@link NarrowConvolution} work. */
  static boolean hasWinograd() {
    return Winograd.WORKS;
  }

  private static Support support() {
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      return Support.NONE;
    }
    if (works(BufferLoops::probe)) {
      return Support.BUFFERS;
    }
    return works(VectorLoops::probe) ? Support.ARRAYS : Support.NONE;
  }

  private static boolean works(Runnable probe) {
    try {
      probe.run();
      return true;
    } catch (LinkageError | UnsupportedOperationException e) {
      log.debug("Java's vector module is another one here", e);
      return false;
    }
  }
}
