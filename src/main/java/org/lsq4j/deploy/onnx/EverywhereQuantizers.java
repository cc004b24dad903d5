package org.lsq4j.deploy.onnx;

import java.util.List;
import org.lsq4j.deploy.graph.Activation;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.Offset;
import org.lsq4j.deploy.graph.Operation;
import org.lsq4j.deploy.graph.Operation.Activate;
import org.lsq4j.deploy.graph.Operation.Add;
import org.lsq4j.deploy.graph.Operation.Input;
import org.lsq4j.deploy.graph.Operation.Pool;
import org.lsq4j.deploy.graph.Operation.Product;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.CodeSpan;

/**
 * Quantizes every tensor with 8 bits instead of what layers read: unsigned codes, rectified ones
 * from 0 on, others around a zero point in the middle.
 */
final class EverywhereQuantizers implements Quantizers {

  private static final float STEP = 0.0625f;
  private static final int MIDDLE = -128;

  private final IntegerGraph graph;
  private final QdqQuantizers standard;

  EverywhereQuantizers(IntegerGraph graph, QdqQuantizers standard) {
    this.graph = graph;
    this.standard = standard;
  }

  @Override
  public String activations(String name, String source, Quantizer quantizer) {
    return source;
  }

  @Override
  public String weights(String name, WeightTensor weights) {
    return standard.weights(name, weights);
  }

  @Override
  public OnnxValue behind(int number, OnnxValue value) {
    Operation operation = graph.nodes().get(number).operation();
    boolean isQuantized =
        operation instanceof Input
            || operation instanceof Product
            || operation instanceof Add
            || operation instanceof Pool
            || isRectifier(operation);
    if (!isQuantized || onlyRectifierReads(number)) {
      return value;
    }
    Offset offset = isRectifier(operation) ? Offset.NONE : Offset.integer(MIDDLE);
    Quantizer quantizer =
        new Quantizer(CodeRange.MAX_BITS, CodeSign.UNSIGNED, CodeSpan.FULL, STEP, offset);
    return value.withName(standard.activations(value.name(), value.name(), quantizer));
  }

  private boolean onlyRectifierReads(int number) {
    List<Integer> readers = graph.readers(number);
    return readers.size() == 1 && isRectifier(graph.nodes().get(readers.get(0)).operation());
  }

  private static boolean isRectifier(Operation operation) {
    return operation instanceof Activate activate && activate.function() == Activation.RELU;
  }
}
