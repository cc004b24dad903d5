package org.lsq4j.compute.nd4j;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.compute.PoolingGeometry;
import org.lsq4j.compute.PoolingKernel;
import org.lsq4j.compute.PoolingKind;
import org.lsq4j.compute.ReusedMemory;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;

/** Pooling by ND4J operations, which compute the maximum again for its gradient. */
final class Nd4jPooling implements PoolingKernel {

  private static final int NOT_DILATED = 1;

  private final PoolingGeometry geometry;
  private final ReusedMemory scratch = new ReusedMemory();

  Nd4jPooling(PoolingGeometry geometry) {
    this.geometry = geometry;
  }

  @Override
  public void forwardInference(INDArray x, INDArray y) {
    scratch.rewind();
    INDArray input = RowMajor.of(x, scratch);
    Nd4j.exec(operation("", x).addInputs(input).addOutputs(y).build());
  }

  @Override
  public void forwardTraining(INDArray x, INDArray y) {
    forwardInference(x, y);
  }

  @Override
  public void backward(INDArray x, INDArray dy, INDArray dx) {
    scratch.rewind();
    INDArray input = RowMajor.of(x, scratch);
    INDArray upstream = RowMajor.of(dy, scratch);
    Nd4j.exec(operation("_bp", x).addInputs(input, upstream).addOutputs(dx).build());
  }

  private DynamicCustomOp.DynamicCustomOpsBuilder operation(String pass, INDArray x) {
    String kind = geometry.kind() == PoolingKind.MAXIMUM ? "maxpool2d" : "avgpool2d";
    boolean same = isSame(x);
    return DynamicCustomOp.builder(kind + pass)
        .addIntegerArguments(
            geometry.kernel().height(),
            geometry.kernel().width(),
            geometry.stride().height(),
            geometry.stride().width(),
            same ? 0 : geometry.padding().top(),
            same ? 0 : geometry.padding().left(),
            NOT_DILATED,
            NOT_DILATED,
            same ? 1 : 0,
            geometry.kind() == PoolingKind.AVERAGE_WITH_PADDING ? 1 : 0,
            geometry.format() == CNN2DFormat.NHWC ? 1 : 0);
  }

  /** The operations know equal padding on opposite sides and that of DL4J's mode. */
  private boolean isSame(INDArray x) {
    if (geometry.padding().isSymmetric()) {
      return false;
    }
    if (geometry.padding().equals(geometry.samePadding(x.shape()))) {
      return true;
    }
    throw new IllegalArgumentException(
        geometry.padding()
            + " is neither symmetric nor "
            + geometry.samePadding(x.shape())
            + ", which keeps the size");
  }
}
