package org.lsq4j.compute.onednn;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.lsq4j.compute.BatchNormGradients;
import org.lsq4j.compute.GradientForm;
import org.lsq4j.compute.JoinedNormKernel;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.QuantizerGradients;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.compute.SumUpstream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Joined batch norms by vector loops: each method passes over its tensors once. The tensors are cut
 * into tiles by position only, and the tiles' sums are added in order and in double precision, so
 * results do not depend on the number of threads.
 *
 * <p>With a = gamma / sqrt(variance + epsilon), M pixels, S1 the sum of dL/dv and S2 that of dL/dv
 * (x - mean), for each channel:
 *
 * <pre>
 * dL/dbeta = S1    dL/dgamma = S2 / sqrt(variance + epsilon)
 * dL/dx = a dL/dv - a S2 / (M (variance + epsilon)) (x - mean) - a S1 / M
 * </pre>
 */
final class JoinedNorm implements JoinedNormKernel {

  private final double epsilon;
  private final JoinedCodes codes = new JoinedCodes();
  private final List<JoinedCodes> codesOfSum = new ArrayList<>();
  private ChannelNumbers channels;
  private NormLoops.Affine affine;
  private NormLoops.Gate gate;
  private float floor;
  private double[] sums;
  private double[] products;

  JoinedNorm(double epsilon) {
    this.epsilon = epsilon;
  }

  @Override
  public boolean fits(INDArray x) {
    return TensorTiles.fits(x);
  }

  @Override
  public void statistics(Normalized input) {
    RowSums.moments(input.x()).write(input.tensors());
  }

  @Override
  public Operand quantize(Normalized input, QuantizerTensors quantizer) {
    take(input);
    codes.prepare(input.x(), quantizer);
    gate = codes.range().gate(affine);
    ByteBuffer x = bytes(input.x());
    new TensorTiles(input.x())
        .forEach((tile, index) -> NormLoops.codes(x, codes.memory(), affine, codes.range(), tile));
    keepAlive(input.x());
    return codes.operand();
  }

  @Override
  public List<Operand> add(Normalized input, Sum sum, List<QuantizerTensors> quantizers) {
    take(input);
    gate = NormLoops.Gate.open(affine);
    floor = sum.rectifier() == Rectifier.RELU ? 0 : Float.NEGATIVE_INFINITY;
    prepareCodes(sum.y(), quantizers);
    ByteBuffer x = bytes(input.x());
    ByteBuffer other = bytes(sum.other());
    ByteBuffer y = bytes(sum.y());
    new TensorTiles(sum.y())
        .forEachPart(
            (part, index) -> {
              NormLoops.add(x, other, y, affine, floor, part);
              codesOfSum.forEach(each -> SumLoops.codes(y, each.memory(), each.range(), part));
            });
    keepAlive(input.x(), sum.other(), sum.y());
    return codesOfSum.stream().<Operand>map(JoinedCodes::operand).toList();
  }

  private void take(Normalized input) {
    channels = ChannelNumbers.of(input.tensors(), epsilon);
    affine = channels.affine();
  }

  private void prepareCodes(INDArray tensor, List<QuantizerTensors> quantizers) {
    if (codesOfSum.size() != quantizers.size()) {
      codesOfSum.clear();
      quantizers.forEach(each -> codesOfSum.add(new JoinedCodes()));
    }
    for (int i = 0; i < quantizers.size(); i++) {
      codesOfSum.get(i).prepare(tensor, quantizers.get(i));
    }
  }

  @Override
  public void backpropQuantizer(Normalized input, INDArray upstream, QuantizerGradients gradients) {
    ByteBuffer x = bytes(input.x());
    ByteBuffer gradient = bytes(upstream);
    TensorTiles tiles = new TensorTiles(input.x());
    RowSums found = new RowSums(tiles);
    double[] toStep = new double[tiles.count()];
    tiles.forEach(
        (tile, index) ->
            toStep[index] =
                NormLoops.sumsOfCodes(x, gradient, affine, codes.range(), tile, found.of(index)));
    keep(found);
    write(toStep, gradients);
    keepAlive(input.x(), upstream);
  }

  static void write(double[] toStep, QuantizerGradients gradients) {
    gradients.step().putScalar(0, Arrays.stream(toStep).sum() * gradients.scale());
  }

  @Override
  public void backpropSum(Normalized input, INDArray y, SumUpstream upstream, INDArray dv) {
    ByteBuffer x = bytes(input.x());
    TensorTiles tiles = new TensorTiles(input.x());
    RowSums found = new RowSums(tiles);
    SumLoops.Gate gate = new SumLoops.Gate(bytes(y), bytes(dv), floor);
    SumBackward work = new SumBackward(gate, upstream, codesOfSum, tiles.count());
    tiles.forEachPart(
        (part, index) -> {
          work.run(part, index);
          NormLoops.sums(x, gate.dv(), affine.mean(), part, found.of(index));
        });
    keep(found);
    work.writeStepGradients();
    keepAlive(input.x(), y, dv);
    Reference.reachabilityFence(upstream);
  }

  @Override
  public void backward(
      Normalized input, INDArray dy, GradientForm form, BatchNormGradients gradients) {
    TensorTiles tiles = new TensorTiles(input.x());
    NormLoops.Slopes slopes = channels.slopes(sums, products, tiles.pixels(), form.factor());
    DenseTensors.write(sums, gradients.beta());
    DenseTensors.write(channels.gammaGradient(products), gradients.gamma());
    ByteBuffer x = bytes(input.x());
    ByteBuffer from = bytes(dy);
    ByteBuffer to = bytes(gradients.input());
    tiles.forEach(
        switch (form.encoding()) {
          case FLOAT -> (tile, index) -> NormLoops.gradient(x, from, to, gate, slopes, tile);
          case FLOAT_BLOCKS -> {
            NormLoops.Image image = imageOfBlocks(input.x());
            yield (tile, index) ->
                NormLoops.blockedGradient(x, from, to, gate, slopes, tile, image);
          }
          case BFLOAT16 ->
              (tile, index) -> NormLoops.roundedGradient(x, from, to, gate, slopes, tile);
        });
    keepAlive(input.x(), dy, gradients.input());
  }

  private static NormLoops.Image imageOfBlocks(INDArray x) {
    long channels = x.size(3);
    if (channels % NormLoops.ROW != 0) {
      throw new IllegalArgumentException(
          "dL/dx of "
              + channels
              + " channels in blocks: the channels must be a multiple of "
              + NormLoops.ROW);
    }
    return new NormLoops.Image(
        Math.toIntExact(x.size(1) * x.size(2)), Math.toIntExact(channels / NormLoops.LANES));
  }

  private void keep(RowSums found) {
    sums = found.first();
    products = found.second();
  }

  static ByteBuffer bytes(INDArray tensor) {
    return FloatMemory.of(tensor).bytes();
  }

  /** Until here the tensors, of which only addresses were taken, must not be collected. */
  private static void keepAlive(INDArray... tensors) {
    Reference.reachabilityFence(tensors);
  }
}
