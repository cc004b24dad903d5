package org.lsq4j.training.observation;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.training.LayerOscillation;
import org.lsq4j.training.observation.QuantizerObservation.Oscillation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.concurrency.AffinityManager;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Counts how often the codes of some weights of a layer turn back, from one update to the next. It
 * begins anew in every epoch.
 */
final class CodeFlips {

  /**
   * Most weights of a layer that are watched, at equal distances: enough for a share in percent.
   */
  static final int MOST_WEIGHTS = 256;

  private final QuantizerTensors tensors;
  private final CodeRange range;
  private final INDArray chosen;
  private final INDArray staging;
  private final float[] values;
  private final int[] channel;
  private final int[] codes;
  private final byte[] directions;
  private final int[] flips;
  private int updates;

  /** The flips of a layer that has a weight quantizer. */
  CodeFlips(QuantizedLayer layer) {
    tensors = layer.quantizers().tensors(QuantizerRole.WEIGHT).orElseThrow();
    range = tensors.spec().range();
    INDArray weights = layer.getParam(QuantizedParamInitializer.WEIGHT);
    long length = weights.length();
    long stride = (length + MOST_WEIGHTS - 1) / MOST_WEIGHTS;
    chosen =
        weights
            .reshape(weights.ordering(), new long[] {length})
            .get(NDArrayIndex.interval(0, stride, length));
    int count = Math.toIntExact(chosen.length());
    staging = Nd4j.createUninitialized(DataType.FLOAT, count);
    values = new float[count];
    channel = new int[count];
    // The weights of an output channel are neighbours in the flat parameters of every layer.
    long perStep = length / tensors.step().length();
    for (int i = 0; i < count; i++) {
      channel[i] = (int) (i * stride / perStep);
    }
    codes = new int[count];
    directions = new byte[count];
    flips = new int[count];
  }

  /** Begins to count. */
  void begin() {
    Arrays.fill(directions, (byte) 0);
    Arrays.fill(flips, 0);
    updates = 0;
    readCodes(codes);
  }

  /** Takes the codes after an update. */
  void update() {
    int[] now = new int[codes.length];
    readCodes(now);
    updates++;
    for (int i = 0; i < now.length; i++) {
      int change = Integer.signum(now[i] - codes[i]);
      if (change != 0) {
        flips[i] += change == -directions[i] ? 1 : 0;
        directions[i] = (byte) change;
        codes[i] = now[i];
      }
    }
  }

  /** What was counted; updates must have been. */
  Oscillation result() {
    double all = 0;
    int oscillating = 0;
    for (int flip : flips) {
      double frequency = (double) flip / updates;
      all += frequency;
      oscillating += frequency > LayerOscillation.OSCILLATING ? 1 : 0;
    }
    return new Oscillation(flips.length, all / flips.length, (double) oscillating / flips.length);
  }

  /** Writes what was counted; codes are not in it, as those of the weights are theirs. */
  void write(DataOutputStream out) throws IOException {
    out.writeInt(updates);
    out.writeInt(flips.length);
    out.write(directions);
    for (int flip : flips) {
      out.writeInt(flip);
    }
  }

  /**
   * Takes over what was written when the weights were what they are now.
   *
   * @return whether it was of as many weights
   */
  boolean read(DataInputStream in) throws IOException {
    begin();
    updates = in.readInt();
    if (in.readInt() != flips.length) {
      return false;
    }
    in.readFully(directions);
    for (int i = 0; i < flips.length; i++) {
      flips[i] = in.readInt();
    }
    return true;
  }

  private void readCodes(int[] target) {
    staging.assign(chosen);
    Nd4j.getAffinityManager().ensureLocation(staging, AffinityManager.Location.HOST);
    staging.data().asNioFloat().get(values);
    double[] step = tensors.steps();
    double[] offset = offsets(step);
    for (int i = 0; i < target.length; i++) {
      double u = (values[i] - offset[channel[i]]) / step[channel[i]];
      target[i] = (int) Math.rint(Math.min(Math.max(u, range.lowest()), range.highest()));
    }
  }

  /** As the forward pass uses them. */
  private double[] offsets(double[] step) {
    double[] offset = tensors.offsets();
    if (tensors.roundsOffset()) {
      for (int i = 0; i < offset.length; i++) {
        offset[i] = Math.rint(offset[i] / step[i]) * step[i];
      }
    }
    return offset;
  }
}
