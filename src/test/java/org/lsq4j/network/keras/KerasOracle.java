package org.lsq4j.network.keras;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.lsq4j.network.keras.KerasModelWriter.KerasLayer;
import org.lsq4j.network.keras.KerasModelWriter.Weight;

/** Computes Keras models of one image by the definitions of Keras's documentation, in loops. */
final class KerasOracle {

  /** An image or, with height and width 1, a vector. Values in the order height, width, channel. */
  record Image(int height, int width, int channels, double[] values) {

    Image(int height, int width, int channels) {
      this(height, width, channels, new double[height * width * channels]);
    }

    int at(int row, int column, int channel) {
      return (row * width + column) * channels + channel;
    }

    Image map(DoubleUnaryOperator function) {
      return new Image(height, width, channels, Arrays.stream(values).map(function).toArray());
    }
  }

  /** A window that moves over an image; padding is what TensorFlow puts before the first pixel. */
  private record Window(int kernel, int stride, int dilation, int before, int outputs) {

    static Window of(JsonNode config, String kernelKey, int axis, int size) {
      int kernel = config.get(kernelKey).get(axis).asInt();
      JsonNode strides = config.get("strides");
      int stride = strides == null || strides.isNull() ? kernel : strides.get(axis).asInt();
      int dilation =
          config.has("dilation_rate") ? config.get("dilation_rate").get(axis).asInt() : 1;
      int extent = (kernel - 1) * dilation + 1;
      if (config.get("padding").asText().equals("valid")) {
        return new Window(kernel, stride, dilation, 0, (size - extent) / stride + 1);
      }
      int outputs = (size + stride - 1) / stride;
      int total = Math.max(0, (outputs - 1) * stride + extent - size);
      return new Window(kernel, stride, dilation, total / 2, outputs);
    }

    int input(int output, int tap) {
      return output * stride + tap * dilation - before;
    }
  }

  private KerasOracle() {}

  /** The output of the last layer. */
  static double[] compute(List<KerasLayer> layers, Image input) {
    Map<String, Image> results = new HashMap<>(Map.of("image", input));
    Image last = input;
    for (KerasLayer layer : layers) {
      List<Image> inputs = layer.inputs().stream().map(results::get).toList();
      last = compute(layer, inputs);
      results.put(layer.name(), last);
    }
    return last.values();
  }

  private static Image compute(KerasLayer layer, List<Image> inputs) {
    Image x = inputs.get(0);
    JsonNode config = layer.config();
    return switch (layer.type()) {
      case "Conv2D" -> activated(layer, biased(layer, convolution(layer, x)));
      case "DepthwiseConv2D" -> activated(layer, biased(layer, depthwise(layer, x)));
      case "Dense" -> activated(layer, biased(layer, dense(layer, x)));
      case "BatchNormalization" -> norm(layer, x);
      case "Activation" -> activated(layer, x);
      case "ReLU" -> x.map(v -> reluOf(config, v));
      case "LeakyReLU" -> x.map(v -> v > 0 ? v : config.get("alpha").asDouble() * v);
      case "Softmax" -> softmax(x);
      case "Dropout" -> x;
      case "Flatten" -> new Image(1, 1, x.values().length, x.values());
      case "Add" -> add(inputs);
      case "Concatenate" -> concatenate(inputs);
      case "MaxPooling2D", "AveragePooling2D" -> pool(layer, x);
      case "GlobalAveragePooling2D" -> globalAverage(x);
      case "ZeroPadding2D" -> pad(config.get("padding"), x);
      default -> throw new IllegalArgumentException(layer.type());
    };
  }

  private static double reluOf(JsonNode config, double v) {
    double limit = config.get("max_value").isNull() ? 1e30 : config.get("max_value").asDouble();
    double threshold = config.get("threshold").asDouble();
    return v >= threshold
        ? Math.min(v, limit)
        : config.get("negative_slope").asDouble() * (v - threshold);
  }

  private static Image convolution(KerasLayer layer, Image x) {
    Weight kernel = layer.weights().get("kernel");
    int filters = (int) kernel.shape()[3];
    Window rows = Window.of(layer.config(), "kernel_size", 0, x.height());
    Window columns = Window.of(layer.config(), "kernel_size", 1, x.width());
    Image y = new Image(rows.outputs(), columns.outputs(), filters);
    forEachTap(
        x,
        rows,
        columns,
        (in, tap, out) -> {
          for (int c = 0; c < x.channels(); c++) {
            for (int f = 0; f < filters; f++) {
              int w = (tap * x.channels() + c) * filters + f;
              y.values()[out * filters + f] +=
                  x.values()[in * x.channels() + c] * kernel.values()[w];
            }
          }
        });
    return y;
  }

  private static Image depthwise(KerasLayer layer, Image x) {
    Weight kernel = layer.weights().get("depthwise_kernel");
    int multiplier = (int) kernel.shape()[3];
    Window rows = Window.of(layer.config(), "kernel_size", 0, x.height());
    Window columns = Window.of(layer.config(), "kernel_size", 1, x.width());
    Image y = new Image(rows.outputs(), columns.outputs(), x.channels() * multiplier);
    forEachTap(
        x,
        rows,
        columns,
        (in, tap, out) -> {
          for (int f = 0; f < y.channels(); f++) {
            int c = f / multiplier;
            y.values()[out * y.channels() + f] +=
                x.values()[in * x.channels() + c] * kernel.values()[tap * y.channels() + f];
          }
        });
    return y;
  }

  /** Takes the numbers of an input pixel, a kernel's pixel and an output pixel. */
  private interface Tap {
    void visit(int input, int tap, int output);
  }

  private static void forEachTap(Image x, Window rows, Window columns, Tap visitor) {
    for (int out = 0; out < rows.outputs() * columns.outputs(); out++) {
      for (int tap = 0; tap < rows.kernel() * columns.kernel(); tap++) {
        int row = rows.input(out / columns.outputs(), tap / columns.kernel());
        int column = columns.input(out % columns.outputs(), tap % columns.kernel());
        if (row >= 0 && row < x.height() && column >= 0 && column < x.width()) {
          visitor.visit(row * x.width() + column, tap, out);
        }
      }
    }
  }

  private static Image dense(KerasLayer layer, Image x) {
    Weight kernel = layer.weights().get("kernel");
    int units = (int) kernel.shape()[1];
    Image y = new Image(1, 1, units);
    for (int i = 0; i < x.values().length; i++) {
      for (int u = 0; u < units; u++) {
        y.values()[u] += x.values()[i] * kernel.values()[i * units + u];
      }
    }
    return y;
  }

  private static Image biased(KerasLayer layer, Image y) {
    Weight bias = layer.weights().get("bias");
    for (int i = 0; bias != null && i < y.values().length; i++) {
      y.values()[i] += bias.values()[i % y.channels()];
    }
    return y;
  }

  private static Image norm(KerasLayer layer, Image x) {
    Map<String, Weight> weights = layer.weights();
    Image y = new Image(x.height(), x.width(), x.channels());
    for (int i = 0; i < y.values().length; i++) {
      int c = i % x.channels();
      double variance = weights.get("moving_variance").values()[c];
      double centred = x.values()[i] - weights.get("moving_mean").values()[c];
      double scaled = centred / Math.sqrt(variance + layer.config().get("epsilon").asDouble());
      y.values()[i] = scaled * of(weights.get("gamma"), c, 1) + of(weights.get("beta"), c, 0);
    }
    return y;
  }

  private static double of(Weight weight, int channel, double missing) {
    return weight == null ? missing : weight.values()[channel];
  }

  private static Image activated(KerasLayer layer, Image x) {
    return switch (layer.config().get("activation").asText()) {
      case "linear" -> x;
      case "relu" -> x.map(v -> Math.max(v, 0));
      case "relu6" -> x.map(v -> Math.min(Math.max(v, 0), 6));
      case "swish" -> x.map(v -> v / (1 + Math.exp(-v)));
      case "sigmoid" -> x.map(v -> 1 / (1 + Math.exp(-v)));
      case "tanh" -> x.map(Math::tanh);
      case "softmax" -> softmax(x);
      default -> throw new IllegalArgumentException(layer.config().toString());
    };
  }

  private static Image softmax(Image x) {
    double sum = Arrays.stream(x.values()).map(Math::exp).sum();
    return x.map(v -> Math.exp(v) / sum);
  }

  private static Image add(List<Image> inputs) {
    Image sum = inputs.get(0).map(v -> v);
    for (Image other : inputs.subList(1, inputs.size())) {
      Arrays.setAll(sum.values(), i -> sum.values()[i] + other.values()[i]);
    }
    return sum;
  }

  private static Image concatenate(List<Image> inputs) {
    int channels = inputs.stream().mapToInt(Image::channels).sum();
    Image y = new Image(inputs.get(0).height(), inputs.get(0).width(), channels);
    int first = 0;
    for (Image x : inputs) {
      for (int i = 0; i < x.values().length; i++) {
        int pixel = i / x.channels();
        y.values()[pixel * channels + first + i % x.channels()] = x.values()[i];
      }
      first += x.channels();
    }
    return y;
  }

  /** Padding counts neither in maximum nor in mean. */
  private static Image pool(KerasLayer layer, Image x) {
    boolean isMax = layer.type().startsWith("Max");
    Window rows = Window.of(layer.config(), "pool_size", 0, x.height());
    Window columns = Window.of(layer.config(), "pool_size", 1, x.width());
    Image y = new Image(rows.outputs(), columns.outputs(), x.channels());
    int[] counts = new int[rows.outputs() * columns.outputs()];
    forEachTap(
        x,
        rows,
        columns,
        (in, tap, out) -> {
          for (int c = 0; c < x.channels(); c++) {
            int to = out * x.channels() + c;
            double v = x.values()[in * x.channels() + c];
            boolean first = counts[out] == 0;
            y.values()[to] = isMax ? first ? v : Math.max(y.values()[to], v) : y.values()[to] + v;
          }
          counts[out]++;
        });
    for (int i = 0; !isMax && i < y.values().length; i++) {
      y.values()[i] /= counts[i / x.channels()];
    }
    return y;
  }

  private static Image globalAverage(Image x) {
    Image y = new Image(1, 1, x.channels());
    double pixels = x.height() * x.width();
    for (int i = 0; i < x.values().length; i++) {
      y.values()[i % x.channels()] += x.values()[i] / pixels;
    }
    return y;
  }

  private static Image pad(JsonNode padding, Image x) {
    int top = padding.get(0).get(0).asInt();
    int left = padding.get(1).get(0).asInt();
    int height = top + x.height() + padding.get(0).get(1).asInt();
    int width = left + x.width() + padding.get(1).get(1).asInt();
    Image y = new Image(height, width, x.channels());
    for (int row = 0; row < x.height(); row++) {
      int from = x.at(row, 0, 0);
      int to = y.at(row + top, left, 0);
      System.arraycopy(x.values(), from, y.values(), to, x.width() * x.channels());
    }
    return y;
  }
}
