package org.lsq4j.compute.onednn;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.lsq4j.compute.BatchNormGradients;
import org.lsq4j.compute.BatchNormKernel;
import org.lsq4j.compute.BatchNormTensors;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.JoinedNormKernel;
import org.lsq4j.compute.Rectifier;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Batch normalization of channels that come last by vector loops: two passes over its tensors
 * forward and two backward, where oneDNN has three and a mask of what the rectifier passed. Sums
 * are those of {@link JoinedNorm}. Other tensors are left to another kernel.
 */
final class LoopBatchNorm implements BatchNormKernel {

  private final double epsilon;
  private final Rectifier rectifier;
  private final BatchNormKernel others;

  LoopBatchNorm(double epsilon, Rectifier rectifier, BatchNormKernel others) {
    this.epsilon = epsilon;
    this.rectifier = rectifier;
    this.others = others;
  }

  /** Whether this process has the loops. */
  static boolean isSupported() {
    return VectorModule.NORM_LOOPS;
  }

  @Override
  public void forwardInference(INDArray x, BatchNormTensors tensors, INDArray y) {
    if (TensorTiles.fits(x)) {
      normalize(x, tensors, y);
    } else {
      others.forwardInference(x, tensors, y);
    }
  }

  @Override
  public void forwardTraining(INDArray x, BatchNormTensors tensors, INDArray y) {
    if (TensorTiles.fits(x)) {
      RowSums.moments(FormedTensor.plain(x)).write(tensors);
      normalize(x, tensors, y);
    } else {
      others.forwardTraining(x, tensors, y);
    }
  }

  private void normalize(INDArray x, BatchNormTensors tensors, INDArray result) {
    TensorTiles tiles = TensorTiles.of(x, Layout.CHANNELS_LAST);
    NormLoops loops = NormLoops.of(tiles);
    NormLoops.Gate gate = gate(ChannelNumbers.of(tensors, epsilon), tiles);
    ByteBuffer from = Relayout.bytes(x);
    DenseTensors.fill(
        result,
        y -> {
          ByteBuffer to = Relayout.bytes(y);
          tiles.forEach((tile, index) -> loops.rectify(from, to, gate, tile));
        });
    Reference.reachabilityFence(x);
  }

  private NormLoops.Gate gate(ChannelNumbers channels, TensorTiles tiles) {
    return NormLoops.Gate.of(channels.affine(tiles), rectifier);
  }

  @Override
  public void backward(
      INDArray x, BatchNormTensors tensors, INDArray dy, BatchNormGradients gradients) {
    if (TensorTiles.fits(x)) {
      backprop(x, ChannelNumbers.of(tensors, epsilon), DenseTensors.rowMajor(dy), gradients);
    } else {
      others.backward(x, tensors, dy, gradients);
    }
  }

  private void backprop(
      INDArray x, ChannelNumbers channels, INDArray dy, BatchNormGradients gradients) {
    TensorTiles tiles = TensorTiles.of(x, Layout.CHANNELS_LAST);
    NormLoops loops = NormLoops.of(tiles);
    NormLoops.Gate gate = gate(channels, tiles);
    ByteBuffer input = Relayout.bytes(x);
    ByteBuffer upstream = Relayout.bytes(dy);
    RowSums found = new RowSums(tiles);
    tiles.forEach((tile, index) -> loops.sums(input, upstream, gate, tile, found.of(index)));
    DenseTensors.write(found.first(), gradients.beta());
    DenseTensors.write(channels.gammaGradient(found.second()), gradients.gamma());
    NormLoops.Slopes slopes = channels.slopes(found.first(), found.second(), tiles, 1);
    DenseTensors.fill(
        gradients.input(),
        dx -> {
          ByteBuffer to = Relayout.bytes(dx);
          tiles.forEach((tile, index) -> loops.gradient(input, upstream, to, gate, slopes, tile));
        });
    Reference.reachabilityFence(x);
    Reference.reachabilityFence(dy);
  }

  @Override
  public Optional<JoinedNormKernel> joined() {
    return Optional.of(new JoinedNorm(epsilon));
  }
}
