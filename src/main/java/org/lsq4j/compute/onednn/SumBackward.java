package org.lsq4j.compute.onednn;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.QuantizerGradients;
import org.lsq4j.compute.SumUpstream;

/** The gradients from all readers of a sum, added up in as few loops as possible. */
final class SumBackward {

  private final SumLoops.Gate gate;
  private final List<ByteBuffer> plain;
  private final List<QuantizedReader> quantized;

  /** How many of the quantized readers have a loop of their own. */
  private final int apart;

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
    // The loop that does all at once takes the halves of a row in turns, and the processor fetches
    // ahead for that only where one row follows another.
    apart = tiles.columns() == 1 ? Math.max(0, readers.length - 1) : readers.length;
  }

  /** Whether a single loop does everything, for which a tile needs no parts. */
  boolean isOneLoop() {
    return apart == 0 && !plain.isEmpty() && plain.size() + quantized.size() <= 2;
  }

  /**
   * Writes dL/dv of a tile or of a part of it, and adds to its sums.
   *
   * @param index of the tile
   */
  void run(Tile part, int index, NormLoops.Sums sums) {
    if (quantized.isEmpty() && plain.size() > 1) {
      ByteBuffer first = addPlain(plain.size() - 1, part);
      SumLoops.passBoth(gate, first, plain.get(plain.size() - 1), part, sums);
      return;
    }
    ByteBuffer sum = addApart(addPlain(plain.size(), part), part, index);
    if (apart < quantized.size()) {
      QuantizedReader last = quantized.get(apart);
      last.toStep[index] += SumLoops.passQuantized(gate, sum, last.upstream, part, sums);
    } else {
      SumLoops.pass(gate, sum, part, sums);
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

  private ByteBuffer addApart(ByteBuffer first, Tile part, int index) {
    ByteBuffer sum = first;
    for (QuantizedReader each : quantized.subList(0, apart)) {
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
