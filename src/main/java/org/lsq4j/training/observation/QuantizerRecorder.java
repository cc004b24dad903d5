package org.lsq4j.training.observation;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.network.Networks;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.training.BatchProgress;
import org.lsq4j.training.EpochMetrics;
import org.lsq4j.training.ResumeException;
import org.lsq4j.training.StepGradients;
import org.lsq4j.training.TrainingExtension;
import org.lsq4j.training.TrainingRun;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/**
 * Watches the quantizers of a training for its report, and changes nothing: after every epoch it
 * looks at all codes, those of inputs on one sample batch; in every update at the codes of a few
 * hundred weights a layer; in some updates at the gradients of steps. A float network has nothing
 * to watch.
 */
public final class QuantizerRecorder implements TrainingExtension {

  /** Every so many updates, gradients are looked at. */
  static final int GRADIENT_INTERVAL = 10;

  private final INDArray features;
  private final BiConsumer<Integer, List<QuantizerObservation>> records;
  private TrainingRun run;
  private List<Watched> watched = List.of();
  private int updates;

  private record Watched(String name, UpdateRatios ratios, CodeFlips flips) {

    static Watched of(QuantizedLayer layer) {
      boolean weights = layer.quantizers().tensors(QuantizerRole.WEIGHT).isPresent();
      return new Watched(
          Networks.nameOf(layer), new UpdateRatios(layer), weights ? new CodeFlips(layer) : null);
    }

    void begin() {
      ratios.begin();
      if (flips != null) {
        flips.begin();
      }
    }

    void write(DataOutputStream out) throws IOException {
      out.writeUTF(name);
      ratios.write(out);
      if (flips != null) {
        flips.write(out);
      }
    }

    /** Whether it was of this layer. */
    boolean read(DataInputStream in) throws IOException {
      if (!in.readUTF().equals(name)) {
        return false;
      }
      ratios.read(in);
      return flips == null || flips.read(in);
    }
  }

  /**
   * A recorder.
   *
   * @param features the sample batch, as the network takes it
   * @param records hears the epoch's number and what was seen, before the epoch's checkpoint is
   *     written
   */
  public QuantizerRecorder(
      INDArray features, BiConsumer<Integer, List<QuantizerObservation>> records) {
    this.features = Objects.requireNonNull(features, "features");
    this.records = Objects.requireNonNull(records, "records");
  }

  @Override
  public String name() {
    return "quantizer-recorder";
  }

  @Override
  public void start(TrainingRun newRun) {
    run = newRun;
    updates = 0;
    watched = Snapshot.quantizedLayers(run.network()).stream().map(Watched::of).toList();
  }

  @Override
  public DataSet beforeStep(DataSet batch) {
    if (updates == 0) {
      watched.forEach(Watched::begin);
    }
    return batch;
  }

  @Override
  public void onGradients(StepGradients gradients) {
    if (updates % GRADIENT_INTERVAL == 0) {
      watched.forEach(each -> each.ratios.add(gradients));
    }
  }

  @Override
  public void afterStep(BatchProgress step) {
    updates++;
    for (Watched each : watched) {
      if (each.flips != null) {
        each.flips.update();
      }
    }
  }

  @Override
  public EpochMetrics afterEpoch(EpochMetrics metrics) {
    if (!watched.isEmpty()) {
      boolean isLast = Networks.iterations(run.network()) >= run.iterations();
      Snapshot.Detail detail = isLast ? Snapshot.Detail.ERRORS : Snapshot.Detail.CODES;
      records.accept(metrics.epoch(), withEpoch(Snapshot.of(run.network(), features, detail)));
    }
    updates = 0;
    return metrics;
  }

  private List<QuantizerObservation> withEpoch(List<QuantizerObservation> snapshot) {
    Map<String, Watched> byName = new HashMap<>();
    watched.forEach(each -> byName.put(each.name, each));
    return snapshot.stream()
        .map(
            observation -> {
              Watched each = byName.get(observation.layer());
              return observation.with(
                  each.ratios.mean(observation.role()),
                  observation.role() == QuantizerRole.WEIGHT ? each.flips.result() : null);
            })
        .toList();
  }

  /** What was counted in this epoch so far: nothing at its beginning, and little within it. */
  @Override
  public Optional<byte[]> state() {
    if (watched.isEmpty()) {
      return Optional.empty();
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(updates);
      if (updates > 0) {
        for (Watched each : watched) {
          each.write(out);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Optional.of(bytes.toByteArray());
  }

  @Override
  public void restore(byte[] state) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(state))) {
      updates = in.readInt();
      boolean fits = true;
      for (int i = 0; updates > 0 && fits && i < watched.size(); i++) {
        fits = watched.get(i).read(in);
      }
      if (!fits || in.available() > 0) {
        throw otherNetwork();
      }
    } catch (IOException e) {
      throw otherNetwork();
    }
  }

  private static ResumeException otherNetwork() {
    return new ResumeException(
        "Cannot resume: what was recorded of quantizers is of another network; use the same"
            + " settings or start anew");
  }
}
