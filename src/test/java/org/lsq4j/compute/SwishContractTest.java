package org.lsq4j.compute;

import static org.lsq4j.compute.Tensors.assertClose;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Every engine's Swish is that of the definition, for numbers of any size. */
class SwishContractTest {

  private static final long[] SHAPE = {3, 5, 2, 401};
  private static final double[] X = values();
  private static final double[] DY = Tensors.gaussian(9, X.length);

  static Stream<Arguments> cases() {
    return TestEngines.withTypes(List.of(Tensors.Layout.values()));
  }

  /** Most in the curve, and some far out, where powers of e overflow. */
  private static double[] values() {
    double[] values = Tensors.gaussian(1, Math.toIntExact(Tensors.length(SHAPE)));
    Arrays.setAll(values, i -> 3 * values[i]);
    double[] far = {0, 16, 20, 44, 89, 500, 1e6};
    for (int i = 0; i < far.length; i++) {
      values[2 * i] = far[i];
      values[2 * i + 1] = -far[i];
    }
    return values;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void forwardAndBackward(String engine, DataType type, Tensors.Layout layout) {
    ActivationKernel kernel = TestEngines.engine(engine, type).swish();
    INDArray x = layout.arrange(Tensors.of(X, type, SHAPE));
    INDArray y = x.dup('c').assign(1e3);
    kernel.forward(x, y);
    assertClose(expected(), y, 1e-5, "y");
    assertClose(X, x, 1e-6, "x is not changed");

    INDArray dy = layout.arrange(Tensors.of(DY, type, SHAPE));
    INDArray dx = x.dup('c').assign(1e3);
    kernel.backward(x, dy, dx);
    double[] slopes = Arrays.stream(X).map(SwishContractTest::slope).toArray();
    double[] gradients = new double[X.length];
    Arrays.setAll(gradients, i -> DY[i] * slopes[i]);
    assertClose(gradients, dx, 1e-5, "dx");
    assertClose(X, x, 1e-6, "x is not changed");
    assertClose(DY, dy, 1e-6, "dy is not changed");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void resultMayReplaceTheInput(String engine, DataType type, Tensors.Layout layout) {
    INDArray x = layout.arrange(Tensors.of(X, type, SHAPE));
    TestEngines.engine(engine, type).swish().forward(x, x);
    assertClose(expected(), x, 1e-5, "y");
  }

  private static double[] expected() {
    return Arrays.stream(X).map(x -> x * sigmoid(x)).toArray();
  }

  private static double slope(double x) {
    return sigmoid(x) * (1 + x * (1 - sigmoid(x)));
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
