package org.lsq4j.experiment;

import org.lsq4j.training.TrainingExtension;

/**
 * DL4J's own web page of a training, with the mean magnitude of every parameter, step sizes and
 * offsets among them ({@code sW}, {@code zW}, {@code sA}, {@code zA}). The server needs libraries
 * that LSQ4J does not bring along. It is open to everybody who reaches the machine's port.
 */
public final class LiveView implements AutoCloseable {

  private final Dl4jPage page;

  private LiveView(Dl4jPage page) {
    this.page = page;
  }

  /**
   * Starts the server, at port 9000 or that of the system property {@code
   * org.deeplearning4j.ui.port}; at 0 the system chooses a free one, see {@link #address}.
   *
   * @throws ConfigException if its libraries are missing or it cannot start
   */
  public static LiveView start() {
    try {
      return new LiveView(Dl4jPage.start());
    } catch (LinkageError e) {
      throw new ConfigException(
          "The live view needs DL4J's UI server, which is not on the class path ("
              + e.getMessage()
              + "); start with ./scripts/lsq4j, or add the optional dependencies of LSQ4J's pom.xml",
          e);
    } catch (RuntimeException e) {
      throw new ConfigException(
          "The live view cannot start ("
              + rootOf(e)
              + "); if its port is taken, choose another:"
              + " LSQ4J_JAVA_OPTS=-Dorg.deeplearning4j.ui.port=9001",
          e);
    }
  }

  /** DL4J's own message says only that the server failed, the last cause why. */
  private static Throwable rootOf(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  /** Where the page is. */
  public String address() {
    return page.address();
  }

  /** Shows a stage's training from now on; the training is not changed. */
  public TrainingExtension of(String stage) {
    return page.show(stage);
  }

  /** Stops the server. */
  @Override
  public void close() {
    page.stop();
  }
}
