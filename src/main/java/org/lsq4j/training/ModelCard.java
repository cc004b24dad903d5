package org.lsq4j.training;

import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.data.ImageShape;
import org.lsq4j.data.Normalization;

/**
 * What one must know to feed an image classifier and to read its answers. Saved inside the model
 * file, beside what DL4J keeps there.
 *
 * @param dataset name of the data it was trained on
 * @param classNames name of every class, in the order of the outputs
 * @param shape size of the images
 * @param format order of the axes of a batch
 * @param normalization how raw pixels are scaled
 */
public record ModelCard(
    String dataset,
    List<String> classNames,
    ImageShape shape,
    CNN2DFormat format,
    Normalization normalization) {

  /** Copies the names; nothing may be missing. */
  public ModelCard {
    Objects.requireNonNull(shape, "shape");
    Objects.requireNonNull(format, "format");
    Objects.requireNonNull(normalization, "normalization");
    classNames = List.copyOf(classNames);
  }
}
