package org.lsq4j.compute;

import static org.lsq4j.compute.Tensors.assertClose;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Every engine's sums and rectifiers are those of the definition. */
class SumContractTest {

  private static final long[] SHAPE = {3, 5, 2, 401};
  private static final int LENGTH = Math.toIntExact(Tensors.length(SHAPE));

  private record Case(int terms, Rectifier rectifier, Tensors.Layout layout) {}

  static Stream<Arguments> cases() {
    return TestEngines.withTypes(
        IntStream.rangeClosed(1, 3)
            .boxed()
            .flatMap(
                terms ->
                    Arrays.stream(Rectifier.values())
                        .flatMap(
                            rectifier ->
                                Arrays.stream(Tensors.Layout.values())
                                    .map(layout -> new Case(terms, rectifier, layout))))
            .toList());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void forwardAndBackward(String engine, DataType type, Case test) {
    SumKernel kernel = TestEngines.engine(engine, type).sum(test.rectifier);
    List<INDArray> terms =
        IntStream.range(0, test.terms)
            .mapToObj(i -> test.layout.arrange(Tensors.of(term(i), type, SHAPE)))
            .toList();
    INDArray y = terms.get(0).dup('c').assign(1e3);
    kernel.forward(terms, y);
    double[] sum = sum(test);
    assertClose(sum, y, 1e-6, "y");
    for (int i = 0; i < test.terms; i++) {
      assertClose(term(i), terms.get(i), 1e-6, "term " + i + " is not changed");
    }

    double[] dy = Tensors.gaussian(9, LENGTH);
    INDArray upstream = test.layout.arrange(Tensors.of(dy, type, SHAPE));
    List<INDArray> gradients = terms.stream().map(term -> term.dup('c').assign(1e3)).toList();
    kernel.backward(y, upstream, gradients);
    double[] expected = new double[LENGTH];
    Arrays.setAll(expected, i -> test.rectifier == Rectifier.RELU && !(sum[i] > 0) ? 0 : dy[i]);
    gradients.forEach(gradient -> assertClose(expected, gradient, 1e-6, "gradient"));
    kernel.backward(Tensors.of(plainSum(test), type, SHAPE), upstream, gradients);
    gradients.forEach(gradient -> assertClose(expected, gradient, 1e-6, "gradient from the sum"));
    assertClose(dy, upstream, 1e-6, "dy is not changed");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void resultMayReplaceTheFirstTerm(String engine, DataType type, Case test) {
    SumKernel kernel = TestEngines.engine(engine, type).sum(test.rectifier);
    List<INDArray> terms =
        IntStream.range(0, test.terms).mapToObj(i -> Tensors.of(term(i), type, SHAPE)).toList();
    kernel.forward(terms, terms.get(0));
    assertClose(sum(test), terms.get(0), 1e-6, "y");
  }

  private static double[] term(int index) {
    return Tensors.gaussian(index + 1, LENGTH);
  }

  private static double[] sum(Case test) {
    double[] sum = plainSum(test);
    return test.rectifier == Rectifier.NONE
        ? sum
        : Arrays.stream(sum).map(value -> Math.max(0, value)).toArray();
  }

  private static double[] plainSum(Case test) {
    double[] sum = new double[LENGTH];
    for (int term = 0; term < test.terms; term++) {
      double[] values = term(term);
      Arrays.setAll(sum, i -> sum[i] + values[i]);
    }
    return sum;
  }
}
