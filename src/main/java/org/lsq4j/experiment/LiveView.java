package org.lsq4j.experiment;

import org.deeplearning4j.core.storage.StatsStorage;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.ui.api.UIServer;
import org.deeplearning4j.ui.model.stats.StatsListener;
import org.deeplearning4j.ui.model.storage.InMemoryStatsStorage;
import org.lsq4j.training.TrainingExtension;
import org.lsq4j.training.TrainingRun;

/**
 * DL4J's own web page of a training, with the mean magnitude of every parameter, step sizes and
 * offsets among them ({@code sW}, {@code zW}, {@code sA}, {@code zA}). The server needs libraries
 * that LSQ4J does not bring along. It is open to everybody who reaches the machine's port.
 */
public final class LiveView implements AutoCloseable {

  /** Every so many updates the page gets numbers. */
  private static final int INTERVAL = 5;

  private final UIServer server;
  private final StatsStorage storage = new InMemoryStatsStorage();

  private LiveView(UIServer server) {
    this.server = server;
    server.attach(storage);
  }

  /**
   * Starts the server, at port 9000 or that of the system property {@code
   * org.deeplearning4j.ui.port}.
   *
   * @throws ConfigException if its libraries are missing or it cannot start
   */
  public static LiveView start() {
    try {
      return new LiveView(UIServer.getInstance());
    } catch (LinkageError e) {
      throw new ConfigException(
          "The live view needs DL4J's UI server, which is not on the class path ("
              + e.getMessage()
              + "); use ./scripts/lsq4j, or add what the pom.xml of LSQ4J has for it",
          e);
    } catch (RuntimeException e) {
      throw new ConfigException(
          "The live view cannot start: "
              + e.getMessage()
              + "; is its port taken? Choose another with"
              + " LSQ4J_JAVA_OPTS=-Dorg.deeplearning4j.ui.port=9001",
          e);
    }
  }

  /** Where the page is. */
  public String address() {
    return server.getAddress();
  }

  /** Shows a stage's training as a session of its name; the training is not changed. */
  public TrainingExtension of(String stage) {
    return new Session(storage, stage);
  }

  /** Stops the server. */
  @Override
  public void close() {
    try {
      server.stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The trainer takes the listener away again, with all others of the training. */
  private record Session(StatsStorage storage, String stage) implements TrainingExtension {
    @Override
    public String name() {
      return "live-view";
    }

    @Override
    public void start(TrainingRun run) {
      StatsListener listener = new StatsListener(storage, INTERVAL);
      listener.setSessionID(stage);
      ((Model) run.network()).addListeners(listener);
    }
  }
}
