package org.lsq4j.training;

import java.nio.file.Path;
import java.util.Optional;
import org.deeplearning4j.nn.api.NeuralNetwork;

/**
 * The training that an extension takes part in.
 *
 * @param network what is trained; its parameters change in place
 * @param iterations updates of the whole training, those before a resumption included
 * @param evaluation the test accuracy of the network as it is
 * @param folder where the training's files go; empty if it writes none
 * @param card how to feed the network, if known
 */
public record TrainingRun(
    NeuralNetwork network,
    int iterations,
    Evaluation evaluation,
    Optional<Path> folder,
    Optional<ModelCard> card) {

  /**
   * Evaluates the network as after every epoch, {@link TrainingExtension#beforeEvaluation} first.
   */
  @FunctionalInterface
  public interface Evaluation {
    /**
     * The test accuracy.
     *
     * @param epoch which epoch is at its end, from 1
     * @return share of correct predictions, 0 to 1
     */
    double accuracyAfter(int epoch);
  }
}
