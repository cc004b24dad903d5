package org.lsq4j.compute.onednn;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.lsq4j.compute.BatchNormGradients;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.JoinedNormKernel;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.QuantizerGradients;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.compute.SumUpstream;
import org.lsq4j.compute.TensorForm;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Joined batch norms by vector loops: each method passes over its tensors once, and copies before
 * those that have another layout than the others. The tensors are cut into tiles by position only,
 * and the tiles' sums are added in order and in double precision, so results do not depend on the
 * number of threads.
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
  private final LayoutCopies copies = new LayoutCopies();
  private final JoinedCodes codes = new JoinedCodes();
  private final List<JoinedCodes> codesOfSum = new ArrayList<>();
  private ChannelNumbers channels;
  private Layout layout;
  private TensorTiles tiles;
  private NormLoops loops;
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
    take(input, Layout.CHANNELS_LAST);
    codes.prepare(input.x().array(), quantizer);
    gate = codes.range().gate(affine);
    ByteBuffer x = new Relayout(layout, copies).read(input.x());
    tiles.forEach((tile, index) -> loops.codes(x, codes.memory(), affine, codes.range(), tile));
    keepAlive(input);
    return codes.operand();
  }

  @Override
  public void rectify(Normalized input, Rectifier rectifier, FormedTensor y) {
    take(input, Layout.of(input.x().form()));
    gate = NormLoops.Gate.of(affine, rectifier);
    Relayout tensors = new Relayout(layout, copies);
    ByteBuffer x = tensors.read(input.x());
    ByteBuffer to = tensors.write(y);
    tiles.forEach((tile, index) -> loops.rectify(x, to, gate, tile));
    tensors.finish();
    keepAlive(input, y);
  }

  @Override
  public List<Operand> add(Normalized input, Sum sum, List<QuantizerTensors> quantizers) {
    take(input, quantizers.isEmpty() ? Layout.of(input.x().form()) : Layout.CHANNELS_LAST);
    gate = NormLoops.Gate.open(affine);
    floor = NormLoops.floor(sum.rectifier());
    prepareCodes(sum.y().array(), quantizers);
    Relayout tensors = new Relayout(layout, copies);
    ByteBuffer x = tensors.read(input.x());
    addAll(x, new NormLoops.Addition(tensors.read(sum.other()), tensors.write(sum.y()), floor));
    tensors.finish();
    keepAlive(input, sum);
    return codesOfSum.stream().<Operand>map(JoinedCodes::operand).toList();
  }

  private void addAll(ByteBuffer x, NormLoops.Addition sum) {
    if (codesOfSum.isEmpty()) {
      tiles.forEach((tile, index) -> loops.add(x, sum, affine, tile));
      return;
    }
    JoinedCodes first = codesOfSum.get(0);
    List<JoinedCodes> others = codesOfSum.subList(1, codesOfSum.size());
    TensorTiles.Work work =
        (part, index) -> {
          loops.addAndEncode(x, sum, first.memory(), affine, first.range(), part);
          others.forEach(each -> SumLoops.codes(sum.y(), each.memory(), each.range(), part));
        };
    if (others.isEmpty()) {
      tiles.forEach(work);
    } else {
      tiles.forEachPart(work);
    }
  }

  private void take(Normalized input, Layout ofPass) {
    layout = ofPass;
    tiles = TensorTiles.of(input.x().array(), layout);
    loops = NormLoops.of(tiles);
    channels = ChannelNumbers.of(input.tensors(), epsilon);
    affine = channels.affine(tiles);
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
  public void backpropQuantizer(
      Normalized input, FormedTensor upstream, QuantizerGradients gradients) {
    Relayout tensors = new Relayout(layout, copies);
    ByteBuffer x = tensors.read(input.x());
    ByteBuffer gradient = tensors.read(upstream);
    RowSums found = new RowSums(tiles);
    double[] toStep = new double[tiles.count()];
    tiles.forEach(
        (tile, index) ->
            toStep[index] =
                loops.sumsOfCodes(x, gradient, affine, codes.range(), tile, found.of(index)));
    keep(found);
    write(toStep, gradients);
    keepAlive(input, upstream);
  }

  @Override
  public void backpropRectifier(Normalized input, FormedTensor dy) {
    Relayout tensors = new Relayout(layout, copies);
    ByteBuffer x = tensors.read(input.x());
    ByteBuffer gradient = tensors.read(dy);
    RowSums found = new RowSums(tiles);
    tiles.forEach((tile, index) -> loops.sums(x, gradient, gate, tile, found.of(index)));
    keep(found);
    keepAlive(input, dy);
  }

  static void write(double[] toStep, QuantizerGradients gradients) {
    gradients.step().putScalar(0, Arrays.stream(toStep).sum() * gradients.scale());
  }

  @Override
  public void backpropSum(Normalized input, FormedTensor y, SumUpstream upstream, FormedTensor dv) {
    Relayout tensors = new Relayout(layout, copies);
    ByteBuffer x = tensors.read(input.x());
    SumLoops.Gate ofSum =
        new SumLoops.Gate(tensors.read(y), tensors.write(dv), floor, x, affine.mean());
    RowSums found = new RowSums(tiles);
    SumBackward gradients = new SumBackward(ofSum, upstream, tensors, codesOfSum, tiles);
    TensorTiles.Work work = (part, index) -> gradients.run(part, index, found.of(index));
    if (gradients.isOneLoop()) {
      tiles.forEach(work);
    } else {
      tiles.forEachPart(work);
    }
    tensors.finish();
    keep(found);
    gradients.writeStepGradients();
    keepAlive(input, y, dv, upstream);
  }

  @Override
  public void backward(
      Normalized input, FormedTensor dy, TensorForm form, BatchNormGradients gradients) {
    DenseTensors.write(sums, gradients.beta());
    DenseTensors.write(channels.gammaGradient(products), gradients.gamma());
    boolean isRounded = form.encoding() == TensorForm.Encoding.BFLOAT16;
    // Rounded numbers have their channels last.
    Layout here = isRounded ? Layout.CHANNELS_LAST : layout;
    TensorTiles cut = TensorTiles.of(input.x().array(), here);
    NormLoops loopsOfCut = NormLoops.of(cut);
    NormLoops.Gate passes = gate.with(channels.affine(cut));
    NormLoops.Slopes slopes = channels.slopes(sums, products, cut, form.factor());
    Relayout tensors = new Relayout(here, copies);
    ByteBuffer x = tensors.read(input.x());
    ByteBuffer from = tensors.read(dy);
    INDArray dx = gradients.input();
    if (isRounded) {
      ByteBuffer to = Relayout.bytes(dx);
      cut.forEach((tile, index) -> loopsOfCut.roundedGradient(x, from, to, passes, slopes, tile));
    } else if (here == Layout.CHANNELS_LAST && Layout.of(form) == Layout.CHANNEL_BLOCKS) {
      ByteBuffer to = Relayout.bytes(dx);
      NormLoops.Image image = imageOfBlocks(dx);
      cut.forEach(
          (tile, index) -> loopsOfCut.blockedGradient(x, from, to, passes, slopes, tile, image));
    } else {
      ByteBuffer to = tensors.write(new FormedTensor(dx, form));
      cut.forEach((tile, index) -> loopsOfCut.gradient(x, from, to, passes, slopes, tile));
    }
    tensors.finish();
    keepAlive(input, dy, gradients);
  }

  private static NormLoops.Image imageOfBlocks(INDArray x) {
    long channels = x.size(3);
    if (channels % TensorTiles.LEAST_WIDTH != 0) {
      throw new IllegalArgumentException(
          "dL/dx of "
              + channels
              + " channels in blocks: the channels must be a multiple of "
              + TensorTiles.LEAST_WIDTH);
    }
    return new NormLoops.Image(
        Math.toIntExact(x.size(1) * x.size(2)), Math.toIntExact(channels / NormLoops.LANES));
  }

  private void keep(RowSums found) {
    sums = found.first();
    products = found.second();
  }

  /** Until here the tensors, of which only addresses were taken, must not be collected. */
  private static void keepAlive(Object... tensors) {
    Reference.reachabilityFence(tensors);
  }
}
