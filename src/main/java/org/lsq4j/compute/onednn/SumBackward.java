package org.lsq4j.compute.onednn;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.QuantizerGradients;
import org.lsq4j.compute.SumUpstream;

/** The gradients from all readers of a sum, added up part by part. */
final class SumBackward {

  private final SumLoops.Gate gate;
  private final List<ByteBuffer> plain;
  private final List<QuantizedReader> quantized;

  /** One that reads the sum's codes; its step's gradient is summed for each tile. */
  private record QuantizedReader(
      ByteBuffer gradient, NormLoops.Codes range, double[] toStep, QuantizerGradients targets) {}

  /**
   * Adds up nothing yet.
   *
   * @param gate where the gradients go on
   * @param upstream what came back
   * @param codes of the quantized readers, in their order
   * @param tiles how many there are
   */
  SumBackward(
      SumLoops.Gate gate,
      SumUpstream upstream,
      Relayout tensors,
      List<JoinedCodes> codes,
      int tiles) {
    this.gate = gate;
    plain = upstream.plain().stream().map(tensors::read).toList();
    QuantizedReader[] readers = new QuantizedReader[upstream.quantized().size()];
    Arrays.setAll(
        readers,
        i -> {
          SumUpstream.Quantized each = upstream.quantized().get(i);
          return new QuantizedReader(
              tensors.read(FormedTensor.plain(each.gradient())),
              codes.get(i).range(),
              new double[tiles],
              each.targets());
        });
    quantized = List.of(readers);
  }

  /** Writes dL/dv of a part of a tile. */
  void run(Tile part, int tile) {
    if (plain.isEmpty()) {
      SumLoops.clear(gate.dv(), part);
    } else {
      SumLoops.pass(gate, plain.get(0), part);
    }
    for (int i = 1; i < plain.size(); i++) {
      SumLoops.addPassed(gate, plain.get(i), part);
    }
    for (QuantizedReader each : quantized) {
      each.toStep[tile] += SumLoops.addQuantized(gate, each.gradient, each.range, part);
    }
  }

  /** Writes dL/ds of all quantizers, after the last part. */
  void writeStepGradients() {
    quantized.forEach(each -> JoinedNorm.write(each.toStep, each.targets));
  }
}
