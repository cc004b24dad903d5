package org.lsq4j.deploy.export;

import java.util.Arrays;
import java.util.Optional;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.Subsampling1DLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.ZeroPadding1DLayer;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.lsq4j.compute.Padding2D;
import org.lsq4j.compute.Size2D;
import org.lsq4j.deploy.graph.Affine;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.Operation;
import org.lsq4j.deploy.graph.Operation.Convolution;
import org.lsq4j.deploy.graph.Operation.Dense;
import org.lsq4j.deploy.graph.Operation.Pool;
import org.lsq4j.deploy.graph.Operation.PoolKind;
import org.lsq4j.deploy.graph.Operation.Quantize;
import org.lsq4j.deploy.graph.Operation.ScaleShift;
import org.lsq4j.deploy.graph.Operation.ZeroPad;
import org.lsq4j.deploy.graph.Shape;
import org.lsq4j.deploy.graph.Weights;
import org.lsq4j.deploy.graph.Window;
import org.lsq4j.layer.FastBatchNormalization;
import org.lsq4j.layer.QuantizedConvolution1D;
import org.lsq4j.layer.QuantizedConvolution2D;
import org.lsq4j.layer.QuantizedDeconvolution2D;
import org.lsq4j.layer.QuantizedDense;
import org.lsq4j.layer.QuantizedLayerConfiguration;
import org.lsq4j.layer.QuantizedOutput;
import org.lsq4j.layer.WindowSettings;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;

/** Adds the nodes of one layer to a graph. */
final class LayerExporter {

  private final IntegerGraph.Builder graph;

  LayerExporter(IntegerGraph.Builder graph) {
    this.graph = graph;
  }

  /**
   * A layer.
   *
   * @param name its name
   * @param layer its parameters and configuration
   * @param norm the batch norm that is folded into it
   */
  record Request(
      String name,
      org.deeplearning4j.nn.api.Layer layer,
      Optional<org.deeplearning4j.nn.api.Layer> norm) {
    Layer conf() {
      return layer.conf().getLayer();
    }
  }

  /**
   * Whether a layer can do the work of the batch norm behind it.
   *
   * @param follower the layer behind it; null if that is none
   */
  static boolean foldsNorm(Layer layer, Layer follower) {
    return follower instanceof BatchNormalization
        && layer instanceof FeedForwardLayer product
        && layer instanceof QuantizedLayerConfiguration
        && product.getActivationFn() instanceof ActivationIdentity;
  }

  /** Adds the nodes and gives what the layer, and a norm folded into it, became. */
  Value export(Request request, Value source) {
    Layer conf = request.conf();
    if (conf instanceof QuantizedConvolution2D convolution
        && !(conf instanceof QuantizedDeconvolution2D)) {
      return convolution(request, convolution, source);
    } else if (conf instanceof QuantizedDense || conf instanceof QuantizedOutput) {
      return dense(request, source);
    } else if (conf instanceof BatchNormalization norm) {
      return norm(request, norm, source);
    } else if (conf instanceof ActivationLayer activation) {
      return activated(request.name(), activation.getActivationFn(), source);
    } else if (conf instanceof LossLayer loss) {
      return activated(request.name(), loss.getActivationFn(), source);
    } else if (conf instanceof DropoutLayer) {
      return source;
    } else if (conf instanceof SubsamplingLayer pooling) {
      return pooling(request, pooling, source);
    } else if (conf instanceof GlobalPoolingLayer pooling) {
      return globalPooling(request, pooling, source);
    } else if (conf instanceof ZeroPaddingLayer padding) {
      int[] sizes = padding.getPadding(); // top, bottom, left, right
      return added(
          request, new ZeroPad(new Padding2D(sizes[0], sizes[2], sizes[1], sizes[3])), source);
    } else if (conf instanceof ZeroPadding1DLayer padding) {
      int[] sizes = padding.getPadding();
      return added(request, new ZeroPad(new Padding2D(sizes[0], 0, sizes[1], 0)), source);
    }
    throw UnsupportedNetworkException.of(
        request.name(),
        "there is no integer form of "
            + conf.getClass().getSimpleName()
            + (conf instanceof FeedForwardLayer && !(conf instanceof QuantizedLayerConfiguration)
                ? "; convert the network with NetworkQuantizer or \"lsq4j quantize\""
                : ""));
  }

  private Value added(Request request, Operation operation, Value source) {
    return source.withNode(graph.add(request.name(), operation, source.node()));
  }

  private Shape shape(Value value) {
    return graph.tensor(value.node()).shape();
  }

  private Value activated(String name, IActivation function, Value source) {
    return activated(ActivationFunctions.of(name, function), source);
  }

  private Value activated(Optional<Operation> function, Value source) {
    return function
        .map(operation -> source.withNode(graph.add("", operation, source.node())))
        .orElse(source);
  }

  private Value convolution(Request request, QuantizedConvolution2D conf, Value source) {
    ProductParameters parameters = parameters(request);
    WindowSettings settings = WindowSettings.of(conf);
    boolean isSequence = conf instanceof QuantizedConvolution1D;
    Window window = window(isSequence ? settings.ofSequence() : settings, shape(source));
    int channels = Math.toIntExact(conf.getNIn() / conf.getGroups());
    int taps = conf.getKernelSize()[0] * conf.getKernelSize()[1];
    // The graph has [outputs, taps, channels], DL4J [outputs, channels, taps].
    Weights weights =
        parameters.weights(
            (output, i) -> ((long) output * channels + i % channels) * taps + i / channels);
    Affine affine = parameters.affine(request.norm().map(NormParameters::of));
    Value codes = quantized(parameters, source);
    Value result =
        added(request, new Convolution(window, conf.getGroups(), weights, affine), codes);
    return finished(request, conf.getActivationFn(), result);
  }

  private Value dense(Request request, Value source) {
    FeedForwardLayer conf = (FeedForwardLayer) request.conf();
    if (source.layout() != Layout.NC && !shape(source).isVector()) {
      throw UnsupportedNetworkException.of(
          request.name(), "it is a dense layer on " + source.layout() + " input, not on vectors");
    }
    ProductParameters parameters = parameters(request);
    Weights weights =
        parameters.weights((output, i) -> source.dl4jIndex(i) * conf.getNOut() + output);
    Affine affine = parameters.affine(request.norm().map(NormParameters::of));
    Value codes = quantized(parameters, source);
    int node = graph.add(request.name(), new Dense(weights, affine), codes.node());
    return finished(request, conf.getActivationFn(), Value.of(node, Layout.NC));
  }

  private static ProductParameters parameters(Request request) {
    return new ProductParameters(request.name(), (QuantizedLayer) request.layer());
  }

  private Value quantized(ProductParameters parameters, Value source) {
    return source.withNode(graph.add("", new Quantize(parameters.input()), source.node()));
  }

  /** The activation behind a product, or the rectifier of the norm that was folded into it. */
  private Value finished(Request request, IActivation function, Value result) {
    return request.norm().isPresent()
        ? activated(rectifier(request.norm().get().conf().getLayer()), result)
        : activated(request.name(), function, result);
  }

  private static Optional<Operation> rectifier(Layer norm) {
    return norm instanceof FastBatchNormalization fast
        ? ActivationFunctions.of(fast.getRectifier())
        : Optional.empty();
  }

  private Value norm(Request request, BatchNormalization conf, Value source) {
    NormParameters parameters = NormParameters.of(request.layer());
    float[] factors = new float[parameters.channels()];
    float[] shifts = new float[parameters.channels()];
    for (int c = 0; c < factors.length; c++) {
      factors[c] = (float) parameters.factor()[source.dl4jIndex(c)];
      shifts[c] = (float) parameters.shift()[source.dl4jIndex(c)];
    }
    return activated(
        rectifier(conf), added(request, new ScaleShift(Affine.of(factors, shifts)), source));
  }

  private Value pooling(Request request, SubsamplingLayer conf, Value source) {
    WindowSettings settings = WindowSettings.of(conf);
    if (settings.mode() == ConvolutionMode.Causal) {
      throw UnsupportedNetworkException.of(request.name(), "it is a causal pooling");
    }
    boolean isSequence = conf instanceof Subsampling1DLayer;
    Window window = window(isSequence ? settings.ofSequence() : settings, shape(source));
    PoolKind average =
        conf.isAvgPoolIncludePadInDivisor() ? PoolKind.AVERAGE_WITH_PADDING : PoolKind.AVERAGE;
    return added(request, new Pool(kind(request, conf.getPoolingType(), average), window), source);
  }

  private static Window window(WindowSettings settings, Shape input) {
    return new Window(
        Size2D.of(settings.kernel()),
        Size2D.of(settings.stride()),
        Size2D.of(settings.dilation()),
        settings.paddingOf(input.height(), input.width()));
  }

  private static PoolKind kind(Request request, PoolingType type, PoolKind average) {
    return switch (type) {
      case MAX -> PoolKind.MAXIMUM;
      case AVG -> average;
      default ->
          throw UnsupportedNetworkException.of(
              request.name(), "its pooling type is " + type + "; there are MAX and AVG");
    };
  }

  private Value globalPooling(Request request, GlobalPoolingLayer conf, Value source) {
    int[] axes = conf.getPoolingDimensions();
    // DL4J's default, if the network was built without an input type.
    int[] pooled = axes == null ? Layout.NCHW.spatialAxes() : axes;
    boolean isSequence = source.layout() == Layout.NCW || source.layout() == Layout.NWC;
    int[] pooledInSequence = axes == null ? Layout.NCW.spatialAxes() : axes;
    boolean overAll =
        Arrays.equals(isSequence ? pooledInSequence : pooled, source.layout().spatialAxes());
    if (!conf.isCollapseDimensions() || !overAll) {
      throw UnsupportedNetworkException.of(
          request.name(), "it must pool over all pixels of " + source.layout() + " input");
    }
    Window all = Window.covering(shape(source));
    int node =
        graph.add(
            request.name(),
            new Pool(kind(request, conf.getPoolingType(), PoolKind.AVERAGE), all),
            source.node());
    return Value.of(node, Layout.NC);
  }
}
