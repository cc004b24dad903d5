package org.lsq4j.deploy.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lsq4j.deploy.graph.Operation.Activate;
import org.lsq4j.deploy.graph.Operation.Add;
import org.lsq4j.deploy.graph.Operation.Dense;
import org.lsq4j.deploy.graph.Operation.Flatten;
import org.lsq4j.deploy.graph.Operation.Input;
import org.lsq4j.deploy.graph.Operation.Quantize;
import org.lsq4j.deploy.graph.Operation.Softmax;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.CodeSpan;

class IntegerGraphTest {

  private static final Quantizer BYTES =
      new Quantizer(8, CodeSign.UNSIGNED, CodeSpan.FULL, 1, Offset.NONE);

  private final IntegerGraph.Builder graph = new IntegerGraph.Builder();

  private static Weights weights(int outputs, int perOutput, int code) {
    byte[] codes = new byte[outputs * perOutput];
    Arrays.fill(codes, (byte) code);
    return new Weights(8, CodeSpan.FULL, outputs, codes, new float[] {1});
  }

  private static String error(org.junit.jupiter.api.function.Executable action) {
    return assertThrows(IllegalArgumentException.class, action).getMessage();
  }

  @Test
  void nodesKnowWhatTheyGive() {
    int input = graph.add("input", new Input(new Shape(2, 3, 4)));
    int codes = graph.add("", new Quantize(BYTES), input);
    int vector = graph.add("", new Flatten(), codes);
    int dense =
        graph.add("dense", new Dense(weights(5, 24, 1), Affine.adding(new float[5])), vector);
    int end = graph.add("", new Softmax(), dense);
    IntegerGraph built = graph.build(ModelInfo.UNKNOWN);

    assertEquals(Tensor.codes(Shape.vector(24), BYTES), built.tensor(vector));
    assertEquals(Shape.vector(5), built.outputShape());
    assertEquals(List.of(end), built.readers(dense));
    assertEquals(end, built.withoutSoftmax().nodes().size());
    assertEquals(built.withoutSoftmax(), built.withoutSoftmax().withoutSoftmax());
  }

  @Test
  void errorsNameTheNode() {
    int input = graph.add("input", new Input(new Shape(2, 3, 4)));
    String message =
        error(
            () ->
                graph.add(
                    "last", new Dense(weights(5, 24, 1), Affine.adding(new float[5])), input));
    assertTrue(message.contains("node 1 (last)") && message.contains("vector"), message);
  }

  @Test
  void sumsThatDoNotFit32BitsAreRefused() {
    int many = 1 << 17;
    int input = graph.add("", new Input(Shape.vector(many)));
    int codes = graph.add("", new Quantize(BYTES), input);
    Affine affine = Affine.adding(new float[1]);
    String message = error(() -> graph.add("", new Dense(weights(1, many, -128), affine), codes));
    assertTrue(message.contains("32 bits"), message);
    graph.add("", new Dense(weights(1, many, 1), affine), codes);
  }

  @Test
  void realNumbersAndCodesAreToldApart() {
    int input = graph.add("", new Input(Shape.vector(3)));
    int codes = graph.add("", new Quantize(BYTES), input);
    assertTrue(error(() -> graph.add("", new Add(), codes, codes)).contains("real"));
    assertTrue(
        error(() -> graph.add("", new Dense(weights(2, 3, 1), Affine.adding(new float[2])), input))
            .contains("codes"));
  }

  @Test
  void nodesThatNobodyReadsAreRefused() {
    int input = graph.add("", new Input(Shape.vector(3)));
    graph.add("lost", Activate.of(Activation.RELU), input);
    graph.add("", Activate.of(Activation.RELU6), input);
    assertTrue(error(() -> graph.build(ModelInfo.UNKNOWN)).contains("lost"));
  }

  @Test
  void informationMustFit() {
    graph.add("", new Input(Shape.vector(3)));
    ModelInfo twoClasses = new ModelInfo("", List.of("a", "b"), java.util.Optional.empty());
    assertTrue(error(() -> graph.build(twoClasses)).contains("2 class names"));
  }
}
