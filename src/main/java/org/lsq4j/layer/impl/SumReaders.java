package org.lsq4j.layer.impl;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.SumUpstream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The layers that read a joined sum: those whose input quantizers the sum does the work of, and the
 * gradients that all of them hand back.
 */
final class SumReaders {

  /**
   * What DL4J takes for the gradient so far and adds the next reader's to. As the readers'
   * gradients are kept apart, what comes out is that next one, as it is.
   */
  private static final INDArray GRADIENT_SO_FAR =
      (INDArray)
          Proxy.newProxyInstance(
              INDArray.class.getClassLoader(),
              new Class<?>[] {INDArray.class},
              (self, method, arguments) -> next(method, arguments));

  private final Supplier<String> name;
  private final List<LayerQuantizers> joined = new ArrayList<>();
  private List<LayerQuantizers> delivered = List.of();
  private final List<INDArray> gradients = new ArrayList<>();

  /**
   * Nobody yet.
   *
   * @param name of the sum, for messages
   */
  SumReaders(Supplier<String> name) {
    this.name = name;
  }

  void join(LayerQuantizers reader) {
    joined.add(reader);
  }

  /** Every reader quantizes alone again. */
  void separate() {
    forget();
    joined.clear();
  }

  /** Forgets the last pass. */
  void forget() {
    delivered.forEach(LayerQuantizers::forgetDelivery);
    delivered = List.of();
    gradients.clear();
  }

  /** The quantizers whose work can be done in this pass. */
  List<QuantizerTensors> quantizers() {
    delivered = joined.stream().filter(each -> each.joinableInput().isPresent()).toList();
    return delivered.stream().map(each -> each.joinableInput().orElseThrow()).toList();
  }

  /** Hands each of them what it would have made of the sum. */
  void deliver(INDArray sum, List<Operand> quantized) {
    for (int i = 0; i < quantized.size(); i++) {
      delivered.get(i).deliverInput(sum, quantized.get(i));
    }
  }

  private static Object next(Method method, Object[] arguments) {
    if (method.getName().equals("addi")
        && arguments.length == 1
        && arguments[0] instanceof INDArray next) {
      return next;
    }
    throw new UnsupportedOperationException(
        "The gradients of a joined sum's readers are not added up yet, so that there is no "
            + method.getName()
            + " of their sum; start Java with -Dlsq4j.joints=never");
  }

  /** What to add the next reader's gradient to, for {@link #takeGradient} to get it. */
  static INDArray gradientSoFar() {
    return GRADIENT_SO_FAR;
  }

  /** Takes the gradient that one reader hands back; a frozen one hands back none. */
  void takeGradient(INDArray gradientOrNull) {
    if (gradientOrNull != null) {
      gradients.add(gradientOrNull);
    }
  }

  /** All gradients that were handed back, told apart by who made them. */
  SumUpstream upstream() {
    List<INDArray> plain = new ArrayList<>(gradients);
    List<SumUpstream.Quantized> quantized = new ArrayList<>();
    for (LayerQuantizers reader : delivered) {
      QuantizerSlot.Postponed postponed = reader.postponed();
      if (!plain.removeIf(each -> each == postponed.upstream())) {
        throw new IllegalStateException(
            "Vertex "
                + name.get()
                + ": its readers handed back "
                + gradients.size()
                + " gradients, but not the one that a convolution joined with this sum made; start"
                + " Java with -Dlsq4j.joints=never");
      }
      quantized.add(new SumUpstream.Quantized(postponed.upstream(), postponed.gradients()));
    }
    return new SumUpstream(plain, quantized);
  }

  /** The quantizers' gradients are written. */
  void settle() {
    delivered.forEach(LayerQuantizers::settleDelivered);
    delivered = List.of();
    gradients.clear();
  }
}
