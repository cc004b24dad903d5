package org.lsq4j.experiment;

import org.deeplearning4j.core.storage.StatsStorage;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.ui.api.UIServer;
import org.deeplearning4j.ui.model.stats.StatsListener;
import org.deeplearning4j.ui.model.storage.InMemoryStatsStorage;
import org.lsq4j.training.TrainingExtension;
import org.lsq4j.training.TrainingRun;

/** All that needs the libraries of DL4J's UI; nothing else may, so that it loads without them. */
final class Dl4jPage {

  /** Every so many updates the page gets numbers. */
  private static final int INTERVAL = 5;

  private final UIServer server;
  private StatsStorage storage = new InMemoryStatsStorage();

  private Dl4jPage(UIServer server) {
    this.server = server;
    server.attach(storage);
  }

  static Dl4jPage start() {
    return new Dl4jPage(UIServer.getInstance());
  }

  String address() {
    return server.getAddress();
  }

  /** Shows this stage and no earlier one: the page would stay at the first. */
  TrainingExtension show(String stage) {
    server.detach(storage);
    storage = new InMemoryStatsStorage();
    server.attach(storage);
    return new Session(storage, stage);
  }

  void stop() {
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
