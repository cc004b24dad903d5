package org.lsq4j.deploy.runtime;

import java.util.ArrayList;
import java.util.List;
import org.lsq4j.deploy.graph.Affine;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.Node;
import org.lsq4j.deploy.graph.Operation;
import org.lsq4j.deploy.graph.Operation.Activate;
import org.lsq4j.deploy.graph.Operation.Add;
import org.lsq4j.deploy.graph.Operation.Concatenate;
import org.lsq4j.deploy.graph.Operation.Convolution;
import org.lsq4j.deploy.graph.Operation.Dense;
import org.lsq4j.deploy.graph.Operation.Flatten;
import org.lsq4j.deploy.graph.Operation.Pool;
import org.lsq4j.deploy.graph.Operation.PoolKind;
import org.lsq4j.deploy.graph.Operation.Quantize;
import org.lsq4j.deploy.graph.Operation.ScaleShift;
import org.lsq4j.deploy.graph.Operation.Softmax;
import org.lsq4j.deploy.graph.Operation.ZeroPad;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.deploy.graph.Shape;
import org.lsq4j.deploy.graph.Window;

/**
 * What a graph computes, straight from the definitions of its operations: node by node, element by
 * element, nothing put together. Codes are kept as floats. The oracle of all backends.
 */
final class NaiveGraph {

  private final IntegerGraph graph;
  private final List<float[]> values = new ArrayList<>();

  private NaiveGraph(IntegerGraph graph) {
    this.graph = graph;
  }

  /** The outputs of several examples. */
  static float[] outputs(IntegerGraph graph, float[] inputs) {
    int size = graph.inputShape().size();
    int count = inputs.length / size;
    int outputSize = graph.outputShape().size();
    float[] outputs = new float[count * outputSize];
    for (int n = 0; n < count; n++) {
      float[] input = java.util.Arrays.copyOfRange(inputs, n * size, (n + 1) * size);
      System.arraycopy(new NaiveGraph(graph).output(input), 0, outputs, n * outputSize, outputSize);
    }
    return outputs;
  }

  private float[] output(float[] input) {
    values.add(input);
    for (Node node : graph.nodes().subList(1, graph.nodes().size())) {
      Shape shape = graph.tensor(values.size()).shape();
      values.add(compute(node, shape));
    }
    return values.get(graph.output());
  }

  private float[] compute(Node node, Shape shape) {
    Operation operation = node.operation();
    float[] x = values.get(node.inputs().get(0));
    Shape from = graph.inputs(node).get(0).shape();
    float[] y = new float[shape.size()];
    int i = 0;
    for (int row = 0; row < shape.height(); row++) {
      for (int column = 0; column < shape.width(); column++) {
        for (int c = 0; c < shape.channels(); c++) {
          y[i] = element(node, operation, new Place(x, from, row, column, c), i);
          i++;
        }
      }
    }
    return y;
  }

  private record Place(float[] x, Shape from, int row, int column, int channel) {
    boolean isInside(int atRow, int atColumn) {
      return atRow >= 0 && atRow < from.height() && atColumn >= 0 && atColumn < from.width();
    }

    float at(int atRow, int atColumn, int atChannel) {
      return x[(atRow * from.width() + atColumn) * from.channels() + atChannel];
    }
  }

  private float element(Node node, Operation operation, Place place, int i) {
    if (operation instanceof Quantize quantize) {
      return quantize.quantizer().encode(place.x[i]);
    } else if (operation instanceof Convolution convolution) {
      return convolution(node, convolution, place);
    } else if (operation instanceof Dense dense) {
      Window pixel = Window.covering(Shape.vector(1));
      return convolution(node, new Convolution(pixel, 1, dense.weights(), dense.affine()), place);
    } else if (operation instanceof ScaleShift scaleShift) {
      Affine affine = scaleShift.affine();
      return place.x[i] * affine.factor(place.channel) + affine.addend(place.channel);
    } else if (operation instanceof Activate activate) {
      return activate.function().apply(place.x[i], activate.parameter());
    } else if (operation instanceof Softmax) {
      return softmax(place);
    } else if (operation instanceof Add) {
      float sum = place.x[i];
      for (int input : node.inputs().subList(1, node.inputs().size())) {
        sum += values.get(input)[i];
      }
      return sum;
    } else if (operation instanceof Concatenate) {
      return joined(node, place);
    } else if (operation instanceof Pool pool) {
      return pooled(pool, place);
    } else if (operation instanceof ZeroPad zeroPad) {
      int row = place.row - zeroPad.padding().top();
      int column = place.column - zeroPad.padding().left();
      return place.isInside(row, column) ? place.at(row, column, place.channel) : 0;
    }
    assert operation instanceof Flatten;
    return place.x[i];
  }

  private float convolution(Node node, Convolution convolution, Place place) {
    Quantizer input = graph.inputs(node).get(0).quantizer().orElseThrow();
    Window window = convolution.window();
    int inputs = place.from.channels() / convolution.groups();
    int outputs = convolution.weights().outputs() / convolution.groups();
    int first = place.channel / outputs * inputs;
    int sum = 0;
    int weightSum = 0;
    int index = 0;
    for (int tapRow = 0; tapRow < window.kernel().height(); tapRow++) {
      for (int tapColumn = 0; tapColumn < window.kernel().width(); tapColumn++) {
        int row = window.rows().input(place.row, tapRow);
        int column = window.columns().input(place.column, tapColumn);
        for (int c = 0; c < inputs; c++) {
          int weight = convolution.weights().code(place.channel, index++);
          if (place.isInside(row, column)) {
            sum += weight * (int) place.at(row, column, first + c);
            weightSum += weight;
          }
        }
      }
    }
    float scaled = sum * convolution.multiplier(input, place.channel);
    return scaled + convolution.addend(input, place.channel, weightSum);
  }

  private static float softmax(Place place) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < place.from.channels(); c++) {
      largest = Math.max(largest, place.at(place.row, place.column, c));
    }
    double sum = 0;
    for (int c = 0; c < place.from.channels(); c++) {
      sum += Math.exp(place.at(place.row, place.column, c) - largest);
    }
    return (float) (Math.exp(place.at(place.row, place.column, place.channel) - largest) / sum);
  }

  private float joined(Node node, Place place) {
    int channel = place.channel;
    for (int input : node.inputs()) {
      Shape shape = graph.tensor(input).shape();
      if (channel < shape.channels()) {
        return new Place(values.get(input), shape, 0, 0, 0).at(place.row, place.column, channel);
      }
      channel -= shape.channels();
    }
    throw new AssertionError("too many channels");
  }

  private static float pooled(Pool pool, Place place) {
    Window window = pool.window();
    float largest = Float.NEGATIVE_INFINITY;
    float sum = 0;
    int inside = 0;
    for (int tapRow = 0; tapRow < window.kernel().height(); tapRow++) {
      for (int tapColumn = 0; tapColumn < window.kernel().width(); tapColumn++) {
        int row = window.rows().input(place.row, tapRow);
        int column = window.columns().input(place.column, tapColumn);
        if (place.isInside(row, column)) {
          float value = place.at(row, column, place.channel);
          largest = Math.max(largest, value);
          sum += value;
          inside++;
        }
      }
    }
    int all = window.kernel().height() * window.kernel().width();
    return pool.kind() == PoolKind.MAXIMUM
        ? largest
        : sum / (pool.kind() == PoolKind.AVERAGE ? inside : all);
  }
}
