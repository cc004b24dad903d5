package org.lsq4j.training;

import java.nio.file.Path;
import java.util.Optional;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.data.ImageBatches;

/**
 * The training that an extension takes part in.
 *
 * @param network what is trained; its parameters change in place
 * @param iterations updates of the whole training, those before a resumption included
 * @param test batches to evaluate on
 * @param folder where the training's files go; empty if it writes none
 * @param card how to feed the network, if known
 */
public record TrainingRun(
    NeuralNetwork network,
    int iterations,
    ImageBatches test,
    Optional<Path> folder,
    Optional<ModelCard> card) {}
