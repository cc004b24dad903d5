package org.lsq4j.deploy.format;

import org.lsq4j.deploy.graph.Affine;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.Node;
import org.lsq4j.deploy.graph.Operation;
import org.lsq4j.deploy.graph.Operation.Product;
import org.lsq4j.deploy.graph.Operation.Quantize;
import org.lsq4j.deploy.graph.Operation.ScaleShift;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.deploy.graph.Weights;

/**
 * What the numbers of a model take at least.
 *
 * @param bytes weights at their bits without gaps, steps, factors, addends and real offsets at 4
 *     bytes, integer offsets at 2
 * @param floatBytes the same network's weights, factors and addends at 4 bytes, without steps and
 *     offsets
 */
public record ModelBytes(long bytes, long floatBytes) {

  /** The size of a graph. */
  public static ModelBytes of(IntegerGraph graph) {
    long bits = 0;
    long floats = 0;
    for (Node node : graph.nodes()) {
      Operation operation = node.operation();
      if (operation instanceof Product product) {
        Weights weights = product.weights();
        long scaling = numbers(product.affine());
        long steps = weights.isPerChannel() ? weights.outputs() : 1;
        bits += (long) weights.count() * weights.bits() + (steps + scaling) * Float.SIZE;
        floats += weights.count() + scaling;
      } else if (operation instanceof ScaleShift scaleShift) {
        bits += numbers(scaleShift.affine()) * Float.SIZE;
        floats += numbers(scaleShift.affine());
      } else if (operation instanceof Quantize quantize) {
        bits += Float.SIZE + offsetBits(quantize.quantizer());
      }
    }
    return new ModelBytes((bits + Byte.SIZE - 1) / Byte.SIZE, floats * Float.BYTES);
  }

  private static long numbers(Affine affine) {
    boolean adds = false;
    for (int channel = 0; channel < affine.channels(); channel++) {
      adds |= affine.addend(channel) != 0;
    }
    return (long) affine.channels() * ((affine.hasFactors() ? 1 : 0) + (adds ? 1 : 0));
  }

  private static int offsetBits(Quantizer quantizer) {
    return switch (quantizer.offset().mode()) {
      case NONE -> 0;
      case INTEGER -> Short.SIZE;
      case REAL -> Float.SIZE;
    };
  }
}
