package org.lsq4j.training;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.lsq4j.network.Networks;
import org.nd4j.linalg.dataset.DataSet;

/** The extensions of a training while it runs, called one after the other. */
final class RunningExtensions implements AutoCloseable {

  private final List<TrainingExtension> extensions;
  private final NeuralNetwork network;
  private final List<TrainingListener> listenersBefore;

  /** DL4J's only way in between the backward pass and the updater. */
  private final class GradientListener extends BaseTrainingListener {
    @Override
    public void onGradientCalculation(Model model) {
      StepGradients gradients = new StepGradients(model);
      extensions.forEach(extension -> extension.onGradients(gradients));
    }
  }

  RunningExtensions(List<TrainingExtension> extensions, NeuralNetwork network) {
    this.extensions = extensions;
    this.network = network;
    listenersBefore = List.copyOf(Networks.listeners(network));
  }

  /** Starts all. */
  void start(TrainingRun run) {
    List<TrainingListener> all = new ArrayList<>(listenersBefore);
    all.add(new GradientListener());
    ((Model) network).setListeners(all);
    extensions.forEach(extension -> extension.start(run));
  }

  /** Lets those of a training that was interrupted go on from their states. */
  void restore(Map<String, byte[]> saved) {
    Map<String, byte[]> now = states();
    Set<String> gone = difference(saved.keySet(), now.keySet());
    Set<String> added = difference(now.keySet(), saved.keySet());
    if (!gone.isEmpty() || !added.isEmpty()) {
      throw new ResumeException(
          String.format(
              "Cannot resume: the training was started with the states %s, now it has %s; use the"
                  + " same settings or start anew",
              gone, added));
    }
    for (TrainingExtension extension : extensions) {
      if (saved.containsKey(extension.name())) {
        extension.restore(saved.get(extension.name()));
      }
    }
  }

  private static Set<String> difference(Set<String> names, Set<String> without) {
    Set<String> left = new TreeSet<>(names);
    left.removeAll(without);
    return left;
  }

  DataSet beforeStep(DataSet batch) {
    DataSet current = batch;
    for (TrainingExtension extension : extensions) {
      current = extension.beforeStep(current);
    }
    return current;
  }

  void afterStep(BatchProgress step) {
    extensions.forEach(extension -> extension.afterStep(step));
  }

  void beforeEvaluation(int epoch) {
    extensions.forEach(extension -> extension.beforeEvaluation(epoch));
  }

  EpochMetrics afterEpoch(EpochMetrics metrics) {
    EpochMetrics current = metrics;
    for (TrainingExtension extension : extensions) {
      current = extension.afterEpoch(current);
    }
    return current;
  }

  /** The states by name; extensions without one are left out. */
  Map<String, byte[]> states() {
    Map<String, byte[]> states = new TreeMap<>();
    for (TrainingExtension extension : extensions) {
      extension.state().ifPresent(state -> states.put(extension.name(), state));
    }
    return states;
  }

  @Override
  public void close() {
    extensions.forEach(TrainingExtension::end);
    ((Model) network).setListeners(listenersBefore);
  }
}
