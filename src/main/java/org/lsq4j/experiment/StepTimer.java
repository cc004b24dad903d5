package org.lsq4j.experiment;

import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/**
 * Measures training steps and their parts. DL4J calls a listener at the ends of the forward and the
 * backward pass, so the parts are those of the very step that is measured, and cost nothing.
 */
final class StepTimer {

  private final NeuralNetwork network;
  private final Listener listener = new Listener();

  private static final class Listener extends BaseTrainingListener {

    private long forwardDone;
    private long backwardDone;

    @Override
    public void onForwardPass(Model model, List<INDArray> activations) {
      forwardDone = System.nanoTime();
    }

    @Override
    public void onForwardPass(Model model, Map<String, INDArray> activations) {
      forwardDone = System.nanoTime();
    }

    @Override
    public void onBackwardPass(Model model) {
      backwardDone = System.nanoTime();
    }
  }

  /** A timer of a network, which calls it from now on. */
  StepTimer(NeuralNetwork network) {
    this.network = network;
    ((Model) network).addListeners(listener);
  }

  /** Trains one step and measures it. */
  StepTime step(DataSet batch) {
    long started = System.nanoTime();
    network.fit(batch);
    long ended = System.nanoTime();
    return new StepTime(
        listener.forwardDone - started,
        listener.backwardDone - listener.forwardDone,
        ended - listener.backwardDone);
  }
}
