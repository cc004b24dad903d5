package org.lsq4j.experiment;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.lsq4j.data.ImageFiles;

/**
 * What a model takes an image for.
 *
 * @param image the file
 * @param ranking the most likely classes, the first one first
 */
public record ImagePrediction(Path image, List<Guess> ranking) {

  /**
   * A class.
   *
   * @param name of the class
   * @param score the network's output for it: a probability if the network ends in a softmax
   */
  public record Guess(String name, double score) {}

  /**
   * Classifies image files.
   *
   * @param model file of a saved or packed model
   * @param images files of images, of any size
   * @param guesses how many classes to name for each
   */
  public static List<ImagePrediction> of(Path model, List<Path> images, int guesses) {
    if (guesses < 1) {
      throw new ConfigException("--top: must be 1 or more, got " + guesses);
    }
    Classifier classifier = Classifier.read(model);
    List<ImagePrediction> predictions = new ArrayList<>();
    for (Path image : images) {
      float[] scores = classifier.scores(ImageFiles.read(image, classifier.shape()));
      predictions.add(new ImagePrediction(image, ranking(classifier, scores, guesses)));
    }
    return predictions;
  }

  private static List<Guess> ranking(Classifier classifier, float[] scores, int guesses) {
    return IntStream.range(0, scores.length)
        .mapToObj(i -> new Guess(classifier.classNames().get(i), scores[i]))
        .sorted(Comparator.comparingDouble(Guess::score).reversed())
        .limit(guesses)
        .toList();
  }
}
