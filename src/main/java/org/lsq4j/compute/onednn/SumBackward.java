package org.lsq4j.compute.onednn;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.QuantizerGradients;
import org.lsq4j.compute.SumUpstream;

/** The gradients from all readers of a sum, added up in as few loops as possible. */
final class SumBackward {

  private final NormLoops loops;
  private final SumLoops.Gate gate;
  private final List<ByteBuffer> plain;
  private final List<QuantizedReader> quantized;

  /** One that reads the sum's codes; its step's gradient is summed for each tile. */
  private record QuantizedReader(
      SumLoops.Quantized upstream, double[] toStep, QuantizerGradients targets) {}

  /**
   * Adds up nothing yet.
   *
   * @param gate where the gradients go on
   * @param upstream what came back
   * @param codes of the quantized readers, in their order
   */
  SumBackward(
      SumLoops.Gate gate,
      SumUpstream upstream,
      Relayout tensors,
      List<JoinedCodes> codes,
      TensorTiles tiles) {
    loops = NormLoops.of(tiles);
    this.gate = gate;
    plain = upstream.plain().stream().map(tensors::read).toList();
    QuantizedReader[] readers = new QuantizedReader[upstream.quantized().size()];
    Arrays.setAll(
        readers,
        i -> {
          SumUpstream.Quantized each = upstream.quantized().get(i);
          ByteBuffer gradient = tensors.read(FormedTensor.plain(each.gradient()));
          return new QuantizedReader(
              new SumLoops.Quantized(gradient, codes.get(i).range()),
              new double[tiles.count()],
              each.targets());
        });
    quantized = List.of(readers);
  }

  /** Whether a single loop does everything, for which a tile needs no parts. */
  boolean isOneLoop() {
    return !plain.isEmpty() && plain.size() + quantized.size() <= 2;
  }

  /**
   * Writes dL/dv of a tile or of a part of it, and adds to its sums.
   *
   * @param index of the tile
   */
  void run(Tile part, int index, NormLoops.Sums sums) {
    if (!quantized.isEmpty()) {
      ByteBuffer first = addQuantized(addPlain(plain.size(), part), part, index);
      QuantizedReader last = quantized.get(quantized.size() - 1);
      last.toStep[index] += SumLoops.passQuantized(gate, first, last.upstream, part, sums);
    } else if (plain.size() > 1) {
      ByteBuffer first = addPlain(plain.size() - 1, part);
      loops.passBoth(gate, first, plain.get(plain.size() - 1), part, sums);
    } else {
      loops.pass(gate, addPlain(plain.size(), part), part, sums);
    }
  }

  /** The sum of the first gradients, in the place of dL/dv if they are more than one. */
  private ByteBuffer addPlain(int count, Tile part) {
    if (count == 0) {
      SumLoops.clear(gate.dv(), part);
      return gate.dv();
    }
    ByteBuffer sum = plain.get(0);
    for (ByteBuffer each : plain.subList(1, count)) {
      SumLoops.add(sum, each, gate.dv(), part);
      sum = gate.dv();
    }
    return sum;
  }

  /** The sum of a gradient and of those of all quantized readers but the last. */
  private ByteBuffer addQuantized(ByteBuffer first, Tile part, int index) {
    ByteBuffer sum = first;
    for (QuantizedReader each : quantized.subList(0, quantized.size() - 1)) {
      each.toStep[index] += SumLoops.addQuantized(gate, sum, each.upstream, part);
      sum = gate.dv();
    }
    return sum;
  }

  /** Writes dL/ds of all quantizers, after the last part. */
  void writeStepGradients() {
    quantized.forEach(each -> JoinedNorm.write(each.toStep, each.targets));
  }
}
