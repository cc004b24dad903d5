package org.lsq4j.deploy.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.lsq4j.deploy.graph.ModelInfo;
import org.lsq4j.deploy.graph.Shape;

/**
 * An ONNX model of LSQ4J, computed by ONNX Runtime. QONNX's nodes are replaced by standard ones of
 * the same meaning. Any number of threads may call it.
 */
public final class OnnxModel implements AutoCloseable {

  private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

  private static final int IMAGE_RANK = 4;
  private static final int VECTOR_RANK = 2;

  private final OrtSession session;
  private final ModelInfo info;
  private final String inputName;
  private final Shape inputShape;
  private final Shape outputShape;
  private final long[] inputSizes;

  private OnnxModel(OrtSession session) throws OrtException {
    this.session = session;
    info =
        OnnxMetadata.info(
            session.getMetadata().getProducerName(), session.getMetadata().getCustomMetadata());
    inputName = first("inputs", session.getInputInfo()).getName();
    inputSizes = sizes(first("inputs", session.getInputInfo()));
    inputShape = shape(inputSizes);
    outputShape = shape(sizes(first("outputs", session.getOutputInfo())));
  }

  /**
   * Reads a file.
   *
   * @throws OnnxFileException if ONNX Runtime cannot run it or LSQ4J has not written it; the
   *     message names the file
   */
  public static OnnxModel read(Path file, OnnxRunOptions options) {
    byte[] bytes = OnnxFile.read(file);
    try {
      return of(bytes, options);
    } catch (OnnxFileException e) {
      throw new OnnxFileException(file + " cannot be run: " + e.getMessage(), e);
    }
  }

  /**
   * A model from the bytes of a file.
   *
   * @throws OnnxFileException if ONNX Runtime cannot run it or LSQ4J has not written it
   */
  public static OnnxModel of(byte[] bytes, OnnxRunOptions options) {
    byte[] standard = QuantExpansion.expanded(OnnxFile.parse(bytes)).toByteArray();
    try (SessionOptions settings = new SessionOptions()) {
      settings.setIntraOpNumThreads(options.threads());
      settings.setInterOpNumThreads(1);
      // Errors are exceptions, too, and warnings tell of optimisations.
      settings.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      settings.setOptimizationLevel(level(options.optimization()));
      OrtSession session = ENVIRONMENT.createSession(standard, settings);
      try {
        return new OnnxModel(session);
      } catch (OrtException | RuntimeException e) {
        session.close();
        throw e;
      }
    } catch (OrtException e) {
      throw new OnnxFileException("ONNX Runtime refuses it: " + e.getMessage(), e);
    }
  }

  private static SessionOptions.OptLevel level(OnnxRunOptions.Optimization optimization) {
    return switch (optimization) {
      case NONE -> SessionOptions.OptLevel.NO_OPT;
      case BASIC -> SessionOptions.OptLevel.BASIC_OPT;
      case EXTENDED -> SessionOptions.OptLevel.EXTENDED_OPT;
      case ALL -> SessionOptions.OptLevel.ALL_OPT;
    };
  }

  private static NodeInfo first(String what, Map<String, NodeInfo> tensors) {
    if (tensors.isEmpty()) {
      throw new OnnxFileException("it has no " + what);
    }
    return tensors.values().iterator().next();
  }

  private static long[] sizes(NodeInfo node) {
    long[] sizes = node.getInfo() instanceof TensorInfo tensor ? tensor.getShape() : new long[0];
    if (sizes.length != IMAGE_RANK && sizes.length != VECTOR_RANK) {
      throw new OnnxFileException(
          "its tensor " + node.getName() + " has " + sizes.length + " axes, not 2 or 4");
    }
    return sizes;
  }

  private static Shape shape(long[] sizes) {
    try {
      int channels = Math.toIntExact(sizes[1]);
      return sizes.length == VECTOR_RANK
          ? Shape.vector(channels)
          : new Shape(Math.toIntExact(sizes[2]), Math.toIntExact(sizes[3]), channels);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new OnnxFileException("its images have no possible size: " + e.getMessage(), e);
    }
  }

  /** How to feed it. */
  public ModelInfo info() {
    return info;
  }

  /** Shape of one input. */
  public Shape inputShape() {
    return inputShape;
  }

  /** Shape of one output. */
  public Shape outputShape() {
    return outputShape;
  }

  /**
   * Computes a batch.
   *
   * @param inputs finite numbers [N, height, width, channels], scaled as the model was trained
   * @param count N; batches of models with a fixed one are cut and filled up
   * @param outputs receives [N, height, width, channels] of the output shape
   */
  public void predict(float[] inputs, int count, float[] outputs) {
    boolean isFixed = inputSizes[0] > 0;
    int batch = isFixed ? Math.toIntExact(inputSizes[0]) : Math.max(1, count);
    int size = inputShape.size();
    int results = outputShape.size();
    FloatBuffer buffer = buffer(batch);
    for (int first = 0; first < count; first += batch) {
      int part = Math.min(batch, count - first);
      for (int i = 0; i < part; i++) {
        putChannelsFirst(inputs, (first + i) * size, buffer, i * size);
      }
      FloatBuffer computed = run(buffer, batch);
      for (int i = 0; i < part; i++) {
        getChannelsLast(computed, i * results, outputShape, outputs, (first + i) * results);
      }
    }
  }

  /**
   * What the quantizers of layers' inputs get for one example, computed as the file says, without
   * optimisations.
   *
   * @param bytes of a file
   * @param input finite numbers [height, width, channels]
   * @return real numbers [height, width, channels] by layer, in computation order
   */
  public static Map<String, float[]> layerInputs(byte[] bytes, float[] input) {
    ModelProto model = OnnxFile.parse(bytes);
    Map<String, String> tensors = OnnxProbe.layerInputs(model);
    ModelProto probed = OnnxProbe.probed(model, tensors.values());
    try (OnnxModel probe = of(probed.toByteArray(), OnnxRunOptions.LITERAL)) {
      return probe.tensors(tensors, input);
    }
  }

  private Map<String, float[]> tensors(Map<String, String> names, float[] input) {
    int batch = (int) Math.max(1, inputSizes[0]);
    FloatBuffer buffer = buffer(batch);
    putChannelsFirst(input, 0, buffer, 0);
    long[] sizes = inputSizes.clone();
    sizes[0] = batch;
    Map<String, float[]> values = new LinkedHashMap<>();
    try (OnnxTensor tensor = OnnxTensor.createTensor(ENVIRONMENT, buffer, sizes);
        OrtSession.Result result = session.run(Map.of(inputName, tensor))) {
      for (Map.Entry<String, String> entry : names.entrySet()) {
        boolean isInput = entry.getValue().equals(inputName);
        values.put(
            entry.getKey(),
            isInput ? input : first((OnnxTensor) result.get(entry.getValue()).orElseThrow()));
      }
      return values;
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime failed: " + e.getMessage(), e);
    }
  }

  /** The first example of a tensor, channels last. */
  private static float[] first(OnnxTensor tensor) {
    Shape shape = shape(tensor.getInfo().getShape());
    float[] values = new float[shape.size()];
    getChannelsLast(tensor.getFloatBuffer(), 0, shape, values, 0);
    return values;
  }

  /** Memory for a batch of inputs that ONNX Runtime takes without copying. */
  public FloatBuffer buffer(int batch) {
    return ByteBuffer.allocateDirect(batch * inputShape.size() * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  /**
   * Computes a batch in ONNX's own order.
   *
   * @param inputs [N, channels, height, width], best from {@link #buffer}
   * @param batch N; that of the model if it has a fixed one
   * @return [N, channels, height, width] of the output shape
   */
  public FloatBuffer run(FloatBuffer inputs, int batch) {
    long[] sizes = inputSizes.clone();
    sizes[0] = batch;
    try (OnnxTensor input = OnnxTensor.createTensor(ENVIRONMENT, inputs.rewind(), sizes);
        OrtSession.Result result = session.run(Map.of(inputName, input))) {
      return ((OnnxTensor) result.get(0)).getFloatBuffer();
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime failed: " + e.getMessage(), e);
    }
  }

  private void putChannelsFirst(float[] from, int start, FloatBuffer to, int end) {
    int channels = inputShape.channels();
    int pixels = inputShape.pixels();
    for (int c = 0; c < channels; c++) {
      for (int pixel = 0; pixel < pixels; pixel++) {
        to.put(end + c * pixels + pixel, from[start + pixel * channels + c]);
      }
    }
  }

  private static void getChannelsLast(
      FloatBuffer from, int start, Shape shape, float[] to, int end) {
    int channels = shape.channels();
    int pixels = shape.pixels();
    for (int c = 0; c < channels; c++) {
      for (int pixel = 0; pixel < pixels; pixel++) {
        to[end + pixel * channels + c] = from.get(start + c * pixels + pixel);
      }
    }
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime failed: " + e.getMessage(), e);
    }
  }
}
