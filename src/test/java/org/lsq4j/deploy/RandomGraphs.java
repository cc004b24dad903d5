package org.lsq4j.deploy;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.lsq4j.compute.Padding2D;
import org.lsq4j.compute.Size2D;
import org.lsq4j.deploy.graph.Activation;
import org.lsq4j.deploy.graph.Affine;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.ModelInfo;
import org.lsq4j.deploy.graph.ModelInfo.PixelScaling;
import org.lsq4j.deploy.graph.Offset;
import org.lsq4j.deploy.graph.Operation.Activate;
import org.lsq4j.deploy.graph.Operation.Add;
import org.lsq4j.deploy.graph.Operation.Concatenate;
import org.lsq4j.deploy.graph.Operation.Convolution;
import org.lsq4j.deploy.graph.Operation.Dense;
import org.lsq4j.deploy.graph.Operation.Flatten;
import org.lsq4j.deploy.graph.Operation.Input;
import org.lsq4j.deploy.graph.Operation.Pool;
import org.lsq4j.deploy.graph.Operation.PoolKind;
import org.lsq4j.deploy.graph.Operation.Quantize;
import org.lsq4j.deploy.graph.Operation.ScaleShift;
import org.lsq4j.deploy.graph.Operation.Softmax;
import org.lsq4j.deploy.graph.Operation.ZeroPad;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.deploy.graph.Shape;
import org.lsq4j.deploy.graph.Weights;
import org.lsq4j.deploy.graph.Window;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.CodeSpan;

/** Graphs of random operations, sizes and numbers, with every operation there is. */
public final class RandomGraphs {

  private static final int CLASSES = 7;
  private static final int LARGEST_SIDE = 11;

  private final Random random;
  private final int largestSide;
  private final IntegerGraph.Builder graph = new IntegerGraph.Builder();

  private RandomGraphs(long seed, int largestSide) {
    random = new Random(seed);
    this.largestSide = largestSide;
  }

  /** The graph of a seed. */
  public static IntegerGraph of(long seed) {
    return of(seed, LARGEST_SIDE);
  }

  /** The graph of a seed for images of at most so many pixels a side, 4 or more. */
  public static IntegerGraph of(long seed, int largestSide) {
    return new RandomGraphs(seed, largestSide).build();
  }

  /** Inputs for a graph: normal numbers. */
  public static float[] inputs(IntegerGraph graph, int count, long seed) {
    Random random = new Random(seed);
    float[] values = new float[count * graph.inputShape().size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private int between(int low, int high) {
    return low + random.nextInt(high - low + 1);
  }

  private IntegerGraph build() {
    Shape input = new Shape(between(4, largestSide), between(4, largestSide), between(1, 5));
    int last = graph.add("input", new Input(input));
    int blocks = between(1, 5);
    for (int i = 0; i < blocks; i++) {
      last = block(last);
    }
    last = head(last);
    return graph.build(info(input.channels()));
  }

  private ModelInfo info(int channels) {
    if (random.nextBoolean()) {
      return ModelInfo.UNKNOWN;
    }
    List<Double> ones = java.util.Collections.nCopies(channels, 1.5);
    return new ModelInfo(
        "some data",
        List.of("a", "b", "c", "d", "e", "\u00e4\u00f6", ""),
        Optional.of(new PixelScaling("unit", ones, ones)));
  }

  private Shape shape(int node) {
    return graph.tensor(node).shape();
  }

  private int block(int source) {
    return switch (random.nextInt(8)) {
      case 0 -> residual(source);
      case 1 -> joined(source);
      case 2 -> pooled(source);
      case 3 -> depthwise(source);
      case 4 -> graph.add("", new ScaleShift(affine(shape(source).channels(), 1)), source);
      case 5 ->
          graph.add(
              "",
              new ZeroPad(new Padding2D(between(0, 2), between(0, 2), between(0, 2), 1)),
              source);
      case 6 -> activated(convolution(source, between(1, 20), 1));
      default -> activated(convolution(source, between(1, 4) * 16, 1));
    };
  }

  private int residual(int source) {
    int channels = between(1, 2) * 8;
    int start = activated(same(source, channels));
    int inner = same(start, channels);
    int sum = graph.add("sum", new Add(), start, inner, start);
    return random.nextBoolean() ? activated(sum) : sum;
  }

  private int joined(int source) {
    int left = same(source, between(1, 9));
    return graph.add("joined", new Concatenate(), left, source);
  }

  private int pooled(int source) {
    PoolKind kind = PoolKind.values()[random.nextInt(PoolKind.values().length)];
    Size2D kernel =
        new Size2D(
            between(1, Math.min(3, shape(source).height())),
            between(1, Math.min(3, shape(source).width())));
    Padding2D padding =
        new Padding2D(
            between(0, kernel.height() - 1),
            between(0, kernel.width() - 1),
            between(0, kernel.height() - 1),
            between(0, kernel.width() - 1));
    Size2D stride = new Size2D(between(1, 2), between(1, 2));
    return graph.add(
        "pool", new Pool(kind, new Window(kernel, stride, Size2D.ONE, padding)), source);
  }

  private int depthwise(int source) {
    int channels = shape(source).channels();
    return activated(convolution(source, channels * between(1, 2), channels));
  }

  private int activated(int source) {
    return switch (random.nextInt(5)) {
      case 0, 1, 2 -> graph.add("", Activate.of(Activation.RELU), source);
      case 3 -> graph.add("", Activate.of(Activation.SWISH), source);
      default -> graph.add("", new Activate(Activation.LEAKY_RELU, 0.1f), source);
    };
  }

  /** A convolution that keeps the size. */
  private int same(int source, int channels) {
    Window window = new Window(new Size2D(3, 3), Size2D.ONE, Size2D.ONE, Padding2D.symmetric(1, 1));
    return convolution(source, channels, 1, window);
  }

  private int convolution(int source, int channels, int groups) {
    Size2D kernel =
        new Size2D(
            between(1, Math.min(3, shape(source).height())),
            between(1, Math.min(3, shape(source).width())));
    Window window =
        new Window(
            kernel,
            new Size2D(between(1, 2), between(1, 2)),
            new Size2D(between(1, 2), between(1, 2)),
            new Padding2D(between(1, 3), between(1, 3), between(1, 3), between(1, 3)));
    return convolution(source, channels, groups, window);
  }

  private int convolution(int source, int channels, int groups, Window window) {
    int perOutput =
        window.kernel().height() * window.kernel().width() * (shape(source).channels() / groups);
    Weights weights = weights(channels, perOutput);
    int codes = graph.add("", new Quantize(quantizer()), source);
    return graph.add(
        "conv", new Convolution(window, groups, weights, affine(channels, perOutput)), codes);
  }

  private int head(int source) {
    int last = source;
    if (random.nextBoolean()) {
      last = graph.add("", new Pool(PoolKind.AVERAGE, Window.covering(shape(last))), last);
    } else if (!shape(last).isVector()) {
      last = graph.add("", new Flatten(), last);
    }
    int inputs = shape(last).channels();
    int codes = graph.add("", new Quantize(quantizer()), last);
    last = graph.add("dense", new Dense(weights(CLASSES, inputs), affine(CLASSES, inputs)), codes);
    return random.nextBoolean() ? graph.add("", new Softmax(), last) : last;
  }

  private Quantizer quantizer() {
    CodeSign sign = CodeSign.values()[random.nextInt(2)];
    boolean isNarrow = sign == CodeSign.SIGNED && random.nextInt(4) == 0;
    int bits = sign == CodeSign.SIGNED ? between(2, 8) : between(1, 8);
    int levels = CodeRange.of(bits, sign, CodeSpan.FULL).levels();
    float step = (0.5f + random.nextFloat()) * 4 / levels;
    Offset offset =
        switch (random.nextInt(4)) {
          case 0 -> Offset.integer(between(-levels, levels));
          case 1 -> Offset.real((random.nextFloat() - 0.5f) * levels);
          default -> Offset.NONE;
        };
    return new Quantizer(bits, sign, isNarrow ? CodeSpan.NARROW : CodeSpan.FULL, step, offset);
  }

  private Weights weights(int outputs, int perOutput) {
    int bits = between(2, 8);
    CodeSpan span = CodeSpan.values()[random.nextInt(2)];
    CodeRange range = CodeRange.of(bits, CodeSign.SIGNED, span);
    byte[] codes = new byte[outputs * perOutput];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = (byte) between(range.lowest(), range.highest());
    }
    float[] steps = new float[random.nextBoolean() ? outputs : 1];
    for (int i = 0; i < steps.length; i++) {
      steps[i] = (0.5f + random.nextFloat()) / range.highest() / (float) Math.sqrt(perOutput);
    }
    return new Weights(bits, span, outputs, codes, steps);
  }

  private Affine affine(int channels, int perOutput) {
    float[] factors = new float[channels];
    float[] addends = new float[channels];
    for (int c = 0; c < channels; c++) {
      factors[c] = random.nextFloat() * 3 - 1;
      addends[c] = perOutput % 2 == 0 ? 0 : (float) random.nextGaussian();
    }
    return perOutput % 2 == 0 || random.nextBoolean()
        ? Affine.of(factors, addends)
        : Affine.adding(addends);
  }
}
