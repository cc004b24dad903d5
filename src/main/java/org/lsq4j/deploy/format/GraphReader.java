package org.lsq4j.deploy.format;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.lsq4j.compute.Padding2D;
import org.lsq4j.compute.Size2D;
import org.lsq4j.deploy.graph.Activation;
import org.lsq4j.deploy.graph.Affine;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.ModelInfo;
import org.lsq4j.deploy.graph.ModelInfo.PixelScaling;
import org.lsq4j.deploy.graph.Node;
import org.lsq4j.deploy.graph.Offset;
import org.lsq4j.deploy.graph.Operation;
import org.lsq4j.deploy.graph.Operation.Activate;
import org.lsq4j.deploy.graph.Operation.Add;
import org.lsq4j.deploy.graph.Operation.Concatenate;
import org.lsq4j.deploy.graph.Operation.Convolution;
import org.lsq4j.deploy.graph.Operation.Dense;
import org.lsq4j.deploy.graph.Operation.Flatten;
import org.lsq4j.deploy.graph.Operation.Input;
import org.lsq4j.deploy.graph.Operation.Pool;
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
import org.lsq4j.quantizer.OffsetMode;

/** Reads the body of a packed model. What numbers mean is checked by the types they make. */
final class GraphReader {

  private final ByteSource in;

  private GraphReader(ByteSource in) {
    this.in = in;
  }

  static IntegerGraph read(ByteSource body) {
    GraphReader reader = new GraphReader(body);
    ModelInfo info = reader.info();
    int count = reader.in.count();
    IntegerGraph.Builder graph = new IntegerGraph.Builder();
    for (int i = 0; i < count; i++) {
      graph.add(reader.node());
    }
    if (body.remaining() > 0) {
      throw new PackedFormatException(body.remaining() + " bytes follow the last node");
    }
    return graph.build(info);
  }

  private ModelInfo info() {
    String dataset = in.text();
    int classes = in.count();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < classes; i++) {
      names.add(in.text());
    }
    int channels = in.count();
    return new ModelInfo(
        dataset, names, channels == 0 ? Optional.empty() : Optional.of(scaling(channels)));
  }

  private PixelScaling scaling(int channels) {
    String kind = in.text();
    List<Double> center = new ArrayList<>();
    List<Double> scale = new ArrayList<>();
    for (int channel = 0; channel < channels; channel++) {
      center.add(in.f64());
      scale.add(in.f64());
    }
    return new PixelScaling(kind, center, scale);
  }

  private Node node() {
    int code = in.u8();
    String name = in.text();
    int count =
        switch (code) {
          case Codes.INPUT -> 0;
          case Codes.ADD, Codes.CONCATENATE -> in.u8();
          default -> 1;
        };
    List<Integer> inputs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      inputs.add(in.count());
    }
    return new Node(name, operation(code), inputs);
  }

  private Operation operation(int code) {
    return switch (code) {
      case Codes.INPUT -> new Input(new Shape(in.count(), in.count(), in.count()));
      case Codes.QUANTIZE -> new Quantize(quantizer());
      case Codes.CONVOLUTION -> convolution();
      case Codes.DENSE -> dense();
      case Codes.SCALE_SHIFT -> scaleShift();
      case Codes.ACTIVATE -> activate();
      case Codes.SOFTMAX -> new Softmax();
      case Codes.ADD -> new Add();
      case Codes.CONCATENATE -> new Concatenate();
      case Codes.POOL -> new Pool(Codes.poolKind(in.u8()), window());
      case Codes.ZERO_PAD -> new ZeroPad(padding());
      case Codes.FLATTEN -> new Flatten();
      default -> throw Codes.unknown("operation", code);
    };
  }

  private Quantizer quantizer() {
    int bits = in.u8();
    int flags = in.u8();
    CodeSign sign = (flags & Codes.SIGNED) == 0 ? CodeSign.UNSIGNED : CodeSign.SIGNED;
    float step = in.f32();
    Offset offset = offset(Codes.offsetMode(flags >> Codes.OFFSET_SHIFT));
    if (sign == CodeSign.UNSIGNED && span(flags) == CodeSpan.NARROW) {
      throw new PackedFormatException("unsigned codes have no narrow range");
    }
    return new Quantizer(bits, sign, span(flags), step, offset);
  }

  private Offset offset(OffsetMode mode) {
    return switch (mode) {
      case NONE -> Offset.NONE;
      case INTEGER -> Offset.integer(in.i16());
      case REAL -> Offset.real(in.f32());
    };
  }

  private static CodeSpan span(int flags) {
    return (flags & Codes.NARROW) == 0 ? CodeSpan.FULL : CodeSpan.NARROW;
  }

  private Convolution convolution() {
    Window window = window();
    int groups = in.count();
    Weights weights = weights();
    return new Convolution(window, groups, weights, affine(weights.outputs()));
  }

  private Dense dense() {
    Weights weights = weights();
    return new Dense(weights, affine(weights.outputs()));
  }

  private ScaleShift scaleShift() {
    int channels = in.count();
    // One of both must be there: else a few bytes could claim any number of channels.
    if (channels > in.remaining() / Float.BYTES) {
      throw new PackedFormatException("there cannot be " + channels + " channels");
    }
    return new ScaleShift(affine(channels));
  }

  private Activate activate() {
    Activation function = Codes.activation(in.u8());
    return new Activate(function, function.hasParameter() ? in.f32() : 0);
  }

  private Window window() {
    return new Window(size(), size(), size(), padding());
  }

  private Size2D size() {
    return new Size2D(in.count(), in.count());
  }

  private Padding2D padding() {
    return new Padding2D(in.count(), in.count(), in.count(), in.count());
  }

  private Weights weights() {
    int bits = in.u8();
    int flags = knownFlags(Codes.PER_CHANNEL | Codes.NARROW);
    int outputs = in.count();
    int perOutput = in.count();
    float[] steps = in.floats((flags & Codes.PER_CHANNEL) == 0 ? 1 : outputs);
    // Before multiplying: a width of thousands of bits would overflow.
    CodeRange.of(bits, CodeSign.SIGNED, span(flags));
    long count = (long) outputs * perOutput;
    // At least 2 bits a weight, so the bytes that are there bound the number of weights.
    byte[] packed = in.bytes(BitPacking.packedLength(Math.min(count, 1L << 32), bits));
    byte[] codes = BitPacking.unpack(packed, Math.toIntExact(count), bits);
    return new Weights(bits, span(flags), outputs, codes, steps);
  }

  private Affine affine(int channels) {
    int flags = knownFlags(Codes.HAS_FACTORS | Codes.HAS_ADDENDS);
    boolean hasFactors = (flags & Codes.HAS_FACTORS) != 0;
    boolean hasAddends = (flags & Codes.HAS_ADDENDS) != 0;
    float[] factors = hasFactors ? in.floats(channels) : new float[0];
    float[] addends = hasAddends ? in.floats(channels) : new float[channels];
    return hasFactors ? Affine.of(factors, addends) : Affine.adding(addends);
  }

  private int knownFlags(int known) {
    int flags = in.u8();
    if ((flags & ~known) != 0) {
      throw new PackedFormatException("flags " + flags + " are not known");
    }
    return flags;
  }
}
