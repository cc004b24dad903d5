package org.lsq4j.deploy.format;

import org.lsq4j.compute.Padding2D;
import org.lsq4j.compute.Size2D;
import org.lsq4j.deploy.graph.Affine;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.ModelInfo;
import org.lsq4j.deploy.graph.ModelInfo.PixelScaling;
import org.lsq4j.deploy.graph.Node;
import org.lsq4j.deploy.graph.Operation;
import org.lsq4j.deploy.graph.Operation.Activate;
import org.lsq4j.deploy.graph.Operation.Convolution;
import org.lsq4j.deploy.graph.Operation.Dense;
import org.lsq4j.deploy.graph.Operation.Input;
import org.lsq4j.deploy.graph.Operation.Pool;
import org.lsq4j.deploy.graph.Operation.Quantize;
import org.lsq4j.deploy.graph.Operation.ScaleShift;
import org.lsq4j.deploy.graph.Operation.ZeroPad;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.deploy.graph.Shape;
import org.lsq4j.deploy.graph.Weights;
import org.lsq4j.deploy.graph.Window;
import org.lsq4j.quantizer.CodeSpan;

/** Writes the body of a packed model. {@link GraphReader} is its mirror. */
final class GraphWriter {

  private final ByteSink out = new ByteSink();

  private GraphWriter() {}

  static byte[] write(IntegerGraph graph) {
    GraphWriter writer = new GraphWriter();
    writer.info(graph.info());
    writer.out.count(graph.nodes().size());
    graph.nodes().forEach(writer::node);
    return writer.out.toBytes();
  }

  private void info(ModelInfo info) {
    out.text(info.dataset());
    out.count(info.classNames().size());
    info.classNames().forEach(out::text);
    out.count(info.scaling().map(scaling -> scaling.center().size()).orElse(0));
    info.scaling().ifPresent(this::scaling);
  }

  private void scaling(PixelScaling scaling) {
    out.text(scaling.kind());
    for (int channel = 0; channel < scaling.center().size(); channel++) {
      out.f64(scaling.center().get(channel));
      out.f64(scaling.scale().get(channel));
    }
  }

  private void node(Node node) {
    int code = Codes.of(node.operation());
    out.u8(code);
    out.text(node.name());
    if (code == Codes.ADD || code == Codes.CONCATENATE) {
      out.u8(node.inputs().size());
    }
    node.inputs().forEach(out::count);
    operation(node.operation());
  }

  private void operation(Operation operation) {
    if (operation instanceof Input input) {
      shape(input.shape());
    } else if (operation instanceof Quantize quantize) {
      quantizer(quantize.quantizer());
    } else if (operation instanceof Convolution convolution) {
      window(convolution.window());
      out.count(convolution.groups());
      weights(convolution.weights());
      affine(convolution.affine());
    } else if (operation instanceof Dense dense) {
      weights(dense.weights());
      affine(dense.affine());
    } else if (operation instanceof ScaleShift scaleShift) {
      out.count(scaleShift.affine().channels());
      affine(scaleShift.affine());
    } else if (operation instanceof Activate activate) {
      out.u8(Codes.of(activate.function()));
      if (activate.function().hasParameter()) {
        out.f32(activate.parameter());
      }
    } else if (operation instanceof Pool pool) {
      out.u8(Codes.of(pool.kind()));
      window(pool.window());
    } else if (operation instanceof ZeroPad zeroPad) {
      padding(zeroPad.padding());
    }
  }

  private void shape(Shape shape) {
    out.count(shape.height());
    out.count(shape.width());
    out.count(shape.channels());
  }

  private void quantizer(Quantizer quantizer) {
    out.u8(quantizer.bits());
    int flags = quantizer.isSigned() ? Codes.SIGNED : 0;
    flags |= quantizer.span() == CodeSpan.NARROW ? Codes.NARROW : 0;
    out.u8(flags | Codes.of(quantizer.offset().mode()) << Codes.OFFSET_SHIFT);
    out.f32(quantizer.step());
    switch (quantizer.offset().mode()) {
      case NONE -> {}
      case INTEGER -> out.i16((int) quantizer.offset().steps());
      case REAL -> out.f32(quantizer.offset().steps());
    }
  }

  private void window(Window window) {
    size(window.kernel());
    size(window.stride());
    size(window.dilation());
    padding(window.padding());
  }

  private void size(Size2D size) {
    out.count(size.height());
    out.count(size.width());
  }

  private void padding(Padding2D padding) {
    out.count(padding.top());
    out.count(padding.left());
    out.count(padding.bottom());
    out.count(padding.right());
  }

  private void weights(Weights weights) {
    out.u8(weights.bits());
    int flags = weights.isPerChannel() ? Codes.PER_CHANNEL : 0;
    out.u8(flags | (weights.span() == CodeSpan.NARROW ? Codes.NARROW : 0));
    out.count(weights.outputs());
    out.count(weights.perOutput());
    for (float step : weights.steps()) {
      out.f32(step);
    }
    out.bytes(BitPacking.pack(weights.codes(), weights.bits()));
  }

  private void affine(Affine affine) {
    boolean addends = hasAddends(affine);
    int flags = affine.hasFactors() ? Codes.HAS_FACTORS : 0;
    out.u8(flags | (addends ? Codes.HAS_ADDENDS : 0));
    for (int channel = 0; affine.hasFactors() && channel < affine.channels(); channel++) {
      out.f32(affine.factor(channel));
    }
    for (int channel = 0; addends && channel < affine.channels(); channel++) {
      out.f32(affine.addend(channel));
    }
  }

  /** By bits: -0 is another number than the 0 that is left out. */
  private static boolean hasAddends(Affine affine) {
    for (int channel = 0; channel < affine.channels(); channel++) {
      if (Float.floatToRawIntBits(affine.addend(channel)) != 0) {
        return true;
      }
    }
    return false;
  }
}
