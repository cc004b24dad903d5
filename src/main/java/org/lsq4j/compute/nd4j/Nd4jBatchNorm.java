package org.lsq4j.compute.nd4j;

import java.util.stream.IntStream;
import org.lsq4j.compute.BatchNormGradients;
import org.lsq4j.compute.BatchNormKernel;
import org.lsq4j.compute.BatchNormTensors;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.compute.ReusedMemory;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.summarystats.Variance;
import org.nd4j.linalg.factory.Nd4j;

/** Batch normalization by the {@code batchnorm} and {@code batchnorm_bp} operations. */
final class Nd4jBatchNorm implements BatchNormKernel {

  private final int channelAxis;
  private final double epsilon;
  private final Rectifier rectifier;
  private final ReusedMemory scratch = new ReusedMemory();
  private INDArray result;

  Nd4jBatchNorm(int channelAxis, double epsilon, Rectifier rectifier) {
    this.channelAxis = channelAxis;
    this.epsilon = epsilon;
    this.rectifier = rectifier;
  }

  @Override
  public void forwardInference(INDArray x, BatchNormTensors tensors, INDArray y) {
    scratch.rewind();
    Nd4j.exec(
        operation("batchnorm")
            .addInputs(
                RowMajor.of(x, scratch),
                tensors.mean(),
                tensors.variance(),
                tensors.gamma(),
                tensors.beta())
            .addOutputs(y)
            .build());
    Rectification.apply(rectifier, y);
  }

  @Override
  public void forwardTraining(INDArray x, BatchNormTensors tensors, INDArray y) {
    int[] axes = IntStream.range(0, x.rank()).filter(axis -> axis != channelAxis).toArray();
    x.mean(tensors.mean(), axes);
    Nd4j.getExecutioner().exec(new Variance(x, tensors.variance(), false, axes));
    forwardInference(x, tensors, y);
    result = y;
  }

  @Override
  public void backward(
      INDArray x, BatchNormTensors tensors, INDArray dy, BatchNormGradients gradients) {
    scratch.rewind();
    INDArray upstream = scratch.allocate(dy.dataType(), dy.shape());
    Rectification.backprop(rectifier, result, dy, upstream);
    result = null;
    long[] perChannel = tensors.mean().shape();
    Nd4j.exec(
        operation("batchnorm_bp")
            .addInputs(
                RowMajor.of(x, scratch),
                tensors.mean(),
                tensors.variance(),
                tensors.gamma(),
                tensors.beta(),
                upstream)
            .addOutputs(
                gradients.input(),
                scratch.allocate(x.dataType(), perChannel),
                scratch.allocate(x.dataType(), perChannel),
                gradients.gamma(),
                gradients.beta())
            .build());
  }

  private DynamicCustomOp.DynamicCustomOpsBuilder operation(String name) {
    int applyGamma = 1;
    int applyBeta = 1;
    return DynamicCustomOp.builder(name)
        .addIntegerArguments(applyGamma, applyBeta, channelAxis)
        .addFloatingPointArguments(epsilon);
  }
}
