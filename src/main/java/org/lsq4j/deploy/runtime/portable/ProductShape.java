package org.lsq4j.deploy.runtime.portable;

import org.lsq4j.deploy.graph.Operation.Convolution;
import org.lsq4j.deploy.graph.Operation.Product;
import org.lsq4j.deploy.graph.Shape;
import org.lsq4j.deploy.graph.Window;
import org.lsq4j.deploy.runtime.Step;

/**
 * Sizes of a convolution, or of a dense layer as a convolution of an image of one pixel.
 *
 * @param window how it moves
 * @param groups independent groups of channels
 * @param input image
 * @param output image
 */
public record ProductShape(Window window, int groups, Shape input, Shape output) {

  /** The sizes of a step that is a product. */
  public static ProductShape of(Step step) {
    Shape input = step.input().shape();
    int outputs = ((Product) step.operation()).weights().outputs();
    if (step.operation() instanceof Convolution convolution) {
      Shape output = convolution.window().over(input, outputs);
      return new ProductShape(convolution.window(), convolution.groups(), input, output);
    }
    return new ProductShape(Window.covering(Shape.vector(1)), 1, input, Shape.vector(outputs));
  }

  /** Input channels of a group. */
  public int groupInputs() {
    return input.channels() / groups;
  }

  /** Output channels of a group. */
  public int groupOutputs() {
    return output.channels() / groups;
  }

  /** Whether each channel is convolved by itself into one. */
  public boolean isDepthwise() {
    return groups > 1 && groups == input.channels() && groups == output.channels();
  }

  /** What is added at each pixel. */
  public Addends addends(Step step) {
    return new Addends(
        (Product) step.operation(),
        step.input().tensor().quantizer().orElseThrow(),
        new Addends.Range(window.rows(), input.height(), output.height()),
        new Addends.Range(window.columns(), input.width(), output.width()));
  }
}
