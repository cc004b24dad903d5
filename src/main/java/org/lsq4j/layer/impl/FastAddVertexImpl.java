package org.lsq4j.layer.impl;

import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.impl.ElementWiseVertex;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.compute.JoinedNormKernel;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.compute.SumKernel;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Computes {@link org.lsq4j.layer.FastAddVertex}. */
public final class FastAddVertexImpl extends ElementWiseVertex {

  private static final long serialVersionUID = 1L;

  private final transient SumKernel kernel;
  private final Rectifier rectifier;
  private transient INDArray result;
  private transient FastBatchNormalizationLayer norm;
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
    norm.joints().joinSum();
  }

  /**
   * Quantizes in training for a convolution that reads nothing but this sum, if the sum is joined
   * with a batch norm.
   */
  public void joinReader(QuantizedConvolution2DLayer reader) {
    readers.join(reader.quantizers());
  }

  /** Computes alone again. */
  public void separate() {
    norm = null;
    readers.separate();
  }

  @Override
  public INDArray doForward(boolean training, LayerWorkspaceMgr workspaces) {
    readers.forget();
    if (isBroadcast()) {
      finishTerm();
      result = super.doForward(training, workspaces);
      kernel.forward(List.of(result), result);
      return result;
    }
    result =
        workspaces.createUninitialized(ArrayType.ACTIVATIONS, dataType, inputs[0].shape(), 'c');
    INDArray other = otherTerm();
    if (other != null && norm.joints().canAddTo(other)) {
      JoinedNormKernel.Sum sum = new JoinedNormKernel.Sum(other, rectifier, result);
      readers.deliver(result, norm.joints().add(sum, readers.quantizers()));
    } else {
      finishTerm();
      kernel.forward(terms(), result);
    }
    return result;
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
    return Arrays.stream(inputs).map(term -> term.castTo(dataType)).toList();
  }

  private boolean isBroadcast() {
    return Arrays.stream(inputs).anyMatch(term -> term == null || !inputs[0].equalShapes(term));
  }

  @Override
  public Pair<Gradient, INDArray[]> doBackward(boolean tbptt, LayerWorkspaceMgr workspaces) {
    if (isBroadcast()) {
      INDArray passed = epsilon.ulike();
      kernel.backward(result, epsilon, List.of(passed));
      epsilon = passed;
      return super.doBackward(tbptt, workspaces);
    }
    if (isJoined()) {
      INDArray gradient =
          workspaces.createUninitialized(ArrayType.ACTIVATION_GRAD, dataType, result.shape(), 'c');
      norm.joints().backpropSum(result, readers.upstream(), gradient);
      readers.settle();
      return new Pair<>(null, new INDArray[] {gradient, gradient});
    }
    INDArray[] gradients = new INDArray[inputs.length];
    for (int i = 0; i < gradients.length; i++) {
      gradients[i] =
          workspaces.createUninitialized(ArrayType.ACTIVATION_GRAD, dataType, result.shape(), 'c');
    }
    kernel.backward(result, epsilon, List.of(gradients));
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
  }
}
