package org.lsq4j.layer.impl;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.impl.ElementWiseVertex;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.JoinedNormKernel;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.compute.SumKernel;
import org.lsq4j.compute.TensorForm;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Computes {@link org.lsq4j.layer.FastAddVertex}. */
public final class FastAddVertexImpl extends ElementWiseVertex {

  private static final long serialVersionUID = 1L;

  private final transient SumKernel kernel;
  private final Rectifier rectifier;
  private transient FormedTensor result;
  private transient TensorForm formOfOther;
  private transient FormedTensor passed;
  private transient FastBatchNormalizationLayer norm;
  private transient FastAddVertexImpl otherSum;
  private transient FastBatchNormalizationLayer otherNorm;
  private final transient SumReaders readers = new SumReaders(this::getVertexName);

  /** A vertex of a graph. */
  public FastAddVertexImpl(
      ComputationGraph graph, String name, int index, Rectifier rectifier, DataType dataType) {
    super(graph, name, index, Op.Add, dataType);
    this.rectifier = rectifier;
    kernel = ComputeEngines.current().sum(rectifier);
  }

  /**
   * Computes in training together with the batch norm that makes one of two terms, for no other
   * reader. Until its backward pass, which has to come before that of every other reader of the
   * other term, both see one array of gradients.
   */
  public void join(FastBatchNormalizationLayer term) {
    norm = term;
    norm.joints().joinSum(this);
  }

  /** Takes the other term, which nobody else reads, in the form in which a batch norm makes it. */
  public void joinOther(FastBatchNormalizationLayer term) {
    otherNorm = term;
    otherNorm.joints().joinOtherSum(this);
  }

  /** Whether the sum will quantize itself for those who read it. */
  boolean makesCodes() {
    return readers.takeCodes();
  }

  /** What came back to the other term, in the form that it has. */
  FormedTensor handedBack(INDArray gradient) {
    return HandedOn.received(gradient, passed, () -> "The other term of vertex " + getVertexName());
  }

  /**
   * Quantizes in training for a convolution that reads nothing but this sum, or hands it the sum as
   * it likes that, if the sum is joined with a batch norm.
   */
  public void joinReader(QuantizedConvolution2DLayer reader) {
    readers.join(reader);
  }

  /**
   * Hands this sum on in any form.
   *
   * @param sums all who read it but for joined convolutions
   */
  public void joinReaders(List<FastAddVertexImpl> sums) {
    readers.allowAllForms(sums.stream().map(FastAddVertexImpl::passedOn).toList());
    sums.forEach(each -> each.otherSum = this);
  }

  /** The gradient that was handed to the other term, null if there was none. */
  private Supplier<FormedTensor> passedOn() {
    return () -> passed;
  }

  /** Computes alone again. */
  public void separate() {
    norm = null;
    otherSum = null;
    otherNorm = null;
    readers.separate();
  }

  @Override
  public INDArray doForward(boolean training, LayerWorkspaceMgr workspaces) {
    readers.forget();
    passed = null;
    requireOther();
    if (isBroadcast()) {
      finishTerm();
      Arrays.setAll(inputs, i -> formed(inputs[i]).values());
      INDArray sum = super.doForward(training, workspaces);
      kernel.forward(List.of(sum), sum);
      result = FormedTensor.plain(sum);
      return sum;
    }
    INDArray y =
        workspaces.createUninitialized(ArrayType.ACTIVATIONS, dataType, inputs[0].shape(), 'c');
    result = FormedTensor.plain(y);
    INDArray other = otherTerm();
    if (other != null && norm.joints().canAddTo(other)) {
      FormedTensor term = formed(other);
      formOfOther = term.form();
      result = new FormedTensor(y, formOfSum(y));
      JoinedNormKernel.Sum sum = new JoinedNormKernel.Sum(term, rectifier, result);
      readers.deliver(result, norm.joints().add(sum, readers.quantizers()));
    } else {
      finishTerm();
      kernel.forward(terms(), y);
    }
    return y;
  }

  /** Loops are fastest on tensors of one form. */
  private TensorForm formOfSum(INDArray y) {
    boolean isOfPlain = norm.joints().formOfInput().isPlain();
    return isOfPlain ? TensorForm.PLAIN : readers.preferredForm(y);
  }

  /** What the joined batch norm's result is to be added to; null if it is not to be added. */
  private INDArray otherTerm() {
    for (int i = 0; i < inputs.length; i++) {
      if (norm != null && norm.joints().isAwaited(inputs[i])) {
        return inputs[1 - i];
      }
    }
    return null;
  }

  private void finishTerm() {
    if (norm != null && Arrays.stream(inputs).anyMatch(norm.joints()::isAwaited)) {
      norm.finishAlone();
    }
  }

  private List<INDArray> terms() {
    return Arrays.stream(inputs).map(term -> formed(term).values().castTo(dataType)).toList();
  }

  /** A term in the form in which it comes. */
  private FormedTensor formed(INDArray term) {
    FormedTensor made = madeOther();
    return made != null && made.array() == term ? made : FormedTensor.plain(term);
  }

  /** The other term, if a joined layer made it; null otherwise. */
  private FormedTensor madeOther() {
    if (otherNorm != null) {
      return otherNorm.joints().result();
    }
    return otherSum == null ? null : otherSum.result;
  }

  private void requireOther() {
    FormedTensor made = madeOther();
    INDArray arrived =
        Arrays.stream(inputs)
            .filter(term -> made != null && made.array() == term)
            .findFirst()
            .orElse(inputs[0]);
    HandedOn.received(arrived, made, () -> "Vertex " + getVertexName());
  }

  private boolean isBroadcast() {
    return Arrays.stream(inputs).anyMatch(term -> term == null || !inputs[0].equalShapes(term));
  }

  @Override
  public Pair<Gradient, INDArray[]> doBackward(boolean tbptt, LayerWorkspaceMgr workspaces) {
    if (isBroadcast()) {
      INDArray rectified = epsilon.ulike();
      kernel.backward(result.array(), epsilon, List.of(rectified));
      epsilon = rectified;
      return super.doBackward(tbptt, workspaces);
    }
    if (isJoined()) {
      INDArray gradient =
          workspaces.createUninitialized(
              ArrayType.ACTIVATION_GRAD, dataType, result.array().shape(), 'c');
      // The other term's other readers find their gradients in its form as well.
      passed = new FormedTensor(gradient, formOfOther);
      norm.joints().backpropSum(result, readers.upstream(), passed);
      readers.settle();
      return new Pair<>(null, new INDArray[] {gradient, gradient});
    }
    INDArray[] gradients = new INDArray[inputs.length];
    for (int i = 0; i < gradients.length; i++) {
      gradients[i] =
          workspaces.createUninitialized(
              ArrayType.ACTIVATION_GRAD, dataType, result.array().shape(), 'c');
    }
    kernel.backward(result.array(), epsilon, List.of(gradients));
    return new Pair<>(null, gradients);
  }

  /** Takes the gradient from one reader; without a joint, the sum of those from all so far. */
  @Override
  public void setEpsilon(INDArray gradient) {
    if (isJoined()) {
      readers.takeGradient(gradient);
    } else {
      super.setEpsilon(gradient);
    }
  }

  /** The gradient so far; where there is a joint, a stand-in that takes none in. */
  @Override
  public INDArray getEpsilon() {
    return isJoined() ? SumReaders.gradientSoFar() : super.getEpsilon();
  }

  private boolean isJoined() {
    return norm != null && norm.joints().isAdded();
  }

  @Override
  public void clear() {
    super.clear();
    readers.forget();
    result = null;
    passed = null;
  }
}
