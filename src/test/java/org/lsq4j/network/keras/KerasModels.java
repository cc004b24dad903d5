package org.lsq4j.network.keras;

import java.util.LinkedHashMap;
import java.util.Map;

/** Layers of Keras models for tests, with the settings that matter there. */
final class KerasModels {

  private static final String CONVOLUTION =
      "{'filters': %d, 'kernel_size': [%d, %d], 'strides': [%d, %d], 'padding': '%s',"
          + " 'data_format': 'channels_last', 'dilation_rate': [%d, %d], 'groups': 1,"
          + " 'activation': '%s', 'use_bias': %b,"
          + " 'kernel_initializer': {'class_name': 'HeNormal', 'config': {'seed': null}},"
          + " 'kernel_regularizer': {'class_name': 'L2', 'config': {'l2': 0.01}}}";

  private static final String DEPTHWISE =
      "{'kernel_size': [3, 3], 'strides': [%d, %d], 'padding': '%s',"
          + " 'data_format': 'channels_last', 'dilation_rate': [1, 1], 'groups': 1,"
          + " 'activation': 'linear', 'use_bias': %b, 'depth_multiplier': %d,"
          + " 'depthwise_initializer': {'class_name': 'HeNormal', 'config': {'seed': null}}}";

  private final KerasModelWriter model;

  KerasModels(KerasModelWriter model) {
    this.model = model;
  }

  /** What a 2-D convolution is made of. */
  record Convolution(int inputs, int filters, int kernel, int stride, String padding) {

    Convolution {
      if (!padding.equals("same") && !padding.equals("valid")) {
        throw new IllegalArgumentException(padding);
      }
    }
  }

  KerasModels convolution(String name, Convolution c, String activation, String... inputs) {
    return convolution(name, c, activation, 1, true, inputs);
  }

  KerasModels unbiased(String name, Convolution c, String... inputs) {
    return convolution(name, c, "linear", 1, false, inputs);
  }

  KerasModels dilated(String name, Convolution c, int dilation, String... inputs) {
    return convolution(name, c, "linear", dilation, true, inputs);
  }

  private KerasModels convolution(
      String name, Convolution c, String activation, int dilation, boolean bias, String... inputs) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put("kernel", new long[] {c.kernel, c.kernel, c.inputs, c.filters});
    if (bias) {
      shapes.put("bias", new long[] {c.filters});
    }
    String config =
        CONVOLUTION.formatted(
            c.filters,
            c.kernel,
            c.kernel,
            c.stride,
            c.stride,
            c.padding,
            dilation,
            dilation,
            activation,
            bias);
    model.add("Conv2D", name, config, shapes, inputs);
    return this;
  }

  KerasModels depthwise(String name, int channels, int multiplier, int stride, String padding) {
    Map<String, long[]> shapes =
        Map.of("depthwise_kernel", new long[] {3, 3, channels, multiplier});
    String config = DEPTHWISE.formatted(stride, stride, padding, false, multiplier);
    model.add("DepthwiseConv2D", name, config, shapes);
    return this;
  }

  KerasModels norm(String name, int channels, String... inputs) {
    return norm(name, channels, true, true, inputs);
  }

  KerasModels norm(String name, int channels, boolean scale, boolean center, String... inputs) {
    long[] shape = {channels};
    Map<String, long[]> shapes = new LinkedHashMap<>();
    if (scale) {
      shapes.put("gamma", shape);
    }
    if (center) {
      shapes.put("beta", shape);
    }
    shapes.put("moving_mean", shape);
    shapes.put("moving_variance", shape);
    String config =
        "{'axis': [3], 'momentum': 0.99, 'epsilon': 0.01, 'scale': %b, 'center': %b}"
            .formatted(scale, center);
    model.add("BatchNormalization", name, config, shapes, inputs);
    return this;
  }

  KerasModels activation(String name, String function, String... inputs) {
    model.add("Activation", name, "{'activation': '" + function + "'}", inputs);
    return this;
  }

  KerasModels relu(String name, String limit) {
    String config = "{'max_value': " + limit + ", 'negative_slope': 0.0, 'threshold': 0.0}";
    model.add("ReLU", name, config);
    return this;
  }

  KerasModels pool(String type, String name, int size, int stride, String padding) {
    String config =
        "{'pool_size': [%d, %d], 'strides': [%d, %d], 'padding': '%s', 'data_format':"
            + " 'channels_last'}";
    model.add(type, name, config.formatted(size, size, stride, stride, padding));
    return this;
  }

  KerasModels dense(String name, int inputs, int units, String activation) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put("kernel", new long[] {inputs, units});
    shapes.put("bias", new long[] {units});
    String config =
        "{'units': %d, 'activation': '%s', 'use_bias': true, 'kernel_initializer':"
            + " {'class_name': 'HeNormal', 'config': {'seed': null}}}";
    model.add("Dense", name, config.formatted(units, activation), shapes);
    return this;
  }

  KerasModels other(String type, String name, String config, String... inputs) {
    model.add(type, name, config, inputs);
    return this;
  }
}
