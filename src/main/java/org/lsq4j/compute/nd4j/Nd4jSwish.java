package org.lsq4j.compute.nd4j;

import org.lsq4j.compute.ActivationKernel;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Swish;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Swish by ND4J operations. */
final class Nd4jSwish implements ActivationKernel {

  @Override
  public void forward(INDArray x, INDArray y) {
    Nd4j.exec(new Swish(x, y));
  }

  /** s (1 + x (1 - s)) with s = sigmoid(x); ND4J's own slope is NaN from x = 44 on. */
  @Override
  public void backward(INDArray x, INDArray dy, INDArray dx) {
    INDArray sigmoid = Transforms.sigmoid(x, true);
    dx.assign(sigmoid).rsubi(1).muli(x).addi(1).muli(sigmoid).muli(dy);
  }
}
