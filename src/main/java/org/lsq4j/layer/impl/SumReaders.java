package org.lsq4j.layer.impl;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.SumUpstream;
import org.lsq4j.compute.TensorForm;
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
  private final List<QuantizedConvolution2DLayer> joined = new ArrayList<>();
  private List<LayerQuantizers> quantized = List.of();
  private List<LayerQuantizers> arranged = List.of();
  private boolean haveAllForms;
  private List<Supplier<FormedTensor>> gradientsOfOthers = List.of();
  private final List<INDArray> gradients = new ArrayList<>();

  /**
   * Nobody yet.
   *
   * @param name of the sum, for messages
   */
  SumReaders(Supplier<String> name) {
    this.name = name;
  }

  void join(QuantizedConvolution2DLayer reader) {
    joined.add(reader);
  }

  /**
   * Says that who else reads the sum takes it in any form.
   *
   * @param ofOthers give the gradients that these hand back, null where there is none
   */
  void allowAllForms(List<Supplier<FormedTensor>> ofOthers) {
    haveAllForms = true;
    gradientsOfOthers = ofOthers;
  }

  /** Every reader quantizes alone again. */
  void separate() {
    forget();
    joined.clear();
    haveAllForms = false;
    gradientsOfOthers = List.of();
  }

  /** Forgets the last pass. */
  void forget() {
    delivered().forEach(LayerQuantizers::forgetDelivery);
    forgetDelivered();
  }

  private void forgetDelivered() {
    quantized = List.of();
    arranged = List.of();
    gradients.clear();
  }

  private Stream<LayerQuantizers> delivered() {
    return Stream.concat(quantized.stream(), arranged.stream());
  }

  private Stream<LayerQuantizers> joinedQuantizers() {
    return joined.stream().map(QuantizedConvolution2DLayer::quantizers);
  }

  /** Whether there are {@link #quantizers} whose work can be done. */
  boolean takeCodes() {
    return joinedQuantizers().anyMatch(each -> each.joinableInput().isPresent());
  }

  /** The quantizers whose work can be done in this pass. */
  List<QuantizerTensors> quantizers() {
    quantized = joinedQuantizers().filter(each -> each.joinableInput().isPresent()).toList();
    return quantized.stream().map(each -> each.joinableInput().orElseThrow()).toList();
  }

  /**
   * The form of a sum that takes least time.
   *
   * @param sum of its shape and type
   */
  TensorForm preferredForm(INDArray sum) {
    boolean isRead = haveAllForms && joinedQuantizers().allMatch(LayerQuantizers::takesInputAsItIs);
    List<TensorForm> preferred =
        isRead
            ? joined.stream().map(each -> each.preferredInputForm(sum)).distinct().toList()
            : List.of();
    return preferred.size() == 1 ? preferred.get(0) : TensorForm.PLAIN;
  }

  /**
   * Hands the readers the sum, or what they would have made of it.
   *
   * @param results of the {@link #quantizers}
   */
  void deliver(FormedTensor sum, List<Operand> results) {
    for (int i = 0; i < results.size(); i++) {
      Operand result = results.get(i);
      quantized.get(i).deliverInput(sum.array(), result, TensorReader.ofGradient(result));
    }
    arranged = joinedQuantizers().filter(LayerQuantizers::takesInputAsItIs).toList();
    arranged.forEach(each -> each.deliverInput(sum.array(), sum, TensorReader.ofGradient(sum)));
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
    List<SumUpstream.Quantized> ofQuantized = new ArrayList<>();
    List<FormedTensor> ofSum = new ArrayList<>();
    quantized.forEach(
        reader -> {
          INDArray gradient = take(reader.postponed().upstream(), plain).array();
          ofQuantized.add(new SumUpstream.Quantized(gradient, reader.postponed().gradients()));
        });
    arranged.forEach(reader -> ofSum.add(take(reader.postponed().upstream(), plain)));
    gradientsOfOthers.stream()
        .map(Supplier::get)
        .filter(gradient -> gradient != null && !gradient.isPlain())
        .forEach(gradient -> ofSum.add(take(gradient, plain)));
    plain.forEach(gradient -> ofSum.add(FormedTensor.plain(gradient)));
    return new SumUpstream(ofSum, ofQuantized);
  }

  private FormedTensor take(FormedTensor gradient, List<INDArray> among) {
    if (!among.removeIf(each -> each == gradient.array())) {
      throw new IllegalStateException(
          "Vertex "
              + name.get()
              + ": its readers handed back "
              + gradients.size()
              + " gradients, but not the one that a layer joined with this sum made; start"
              + " Java with -Dlsq4j.joints=never");
    }
    return gradient;
  }

  /** The quantizers' gradients are written. */
  void settle() {
    delivered().forEach(LayerQuantizers::settleDelivered);
    forgetDelivered();
  }
}
