package org.lsq4j.training.oscillation;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.api.Layer;
import org.lsq4j.compute.QuantizerTensors;
import org.lsq4j.layer.impl.QuantizedLayer;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.lsq4j.network.Networks;
import org.lsq4j.quantizer.QuantizerRole;
import org.lsq4j.training.BatchProgress;
import org.lsq4j.training.EpochMetrics;
import org.lsq4j.training.LayerOscillation;
import org.lsq4j.training.ResumeException;
import org.lsq4j.training.StepGradients;
import org.lsq4j.training.TrainingExtension;
import org.lsq4j.training.TrainingRun;

/**
 * Watches the codes of quantized weights and, if asked to, stops them from jumping to and fro
 * (Nagel et al., <i>Overcoming Oscillations in Quantization-Aware Training</i>, ICML 2022).
 *
 * <ul>
 *   <li>Dampening adds lambda |clip(w) - wHat|^2 to the loss, wHat being the target and not
 *       differentiated. Its gradient 2 lambda (clip(w) - wHat) is added to the loss's before the
 *       updater, so it goes through momentum like the rest.
 *   <li>Freezing holds a weight at one code: after every update it is set to code s + z, so it
 *       moves with s and z, whose gradients it contributes to as a constant code does.
 * </ul>
 */
public final class OscillationControl implements TrainingExtension {

  private final OscillationSettings settings;
  private final List<Watched> watched = new ArrayList<>();
  private TrainingRun run;

  /** One weight tensor. */
  private record Watched(QuantizedWeights weights, OscillationTracker tracker, short[] codes) {

    static Watched of(QuantizedLayer layer) {
      QuantizedWeights weights = new QuantizedWeights(layer);
      short[] codes = new short[weights.length()];
      weights.read();
      weights.codes(codes);
      return new Watched(weights, new OscillationTracker(codes), codes);
    }

    void update(float momentum, float threshold) {
      weights.read();
      weights.codes(codes);
      tracker.update(codes, momentum, threshold);
      if (tracker.hasFrozen()) {
        weights.hold(tracker);
      }
    }
  }

  /** A control of the quantized weights of whatever network is trained; none may have any. */
  public OscillationControl(OscillationSettings settings) {
    this.settings = settings;
  }

  @Override
  public String name() {
    return "oscillation";
  }

  @Override
  public void start(TrainingRun newRun) {
    run = newRun;
    watched.clear();
    for (Layer layer : Networks.layers(run.network())) {
      if (layer instanceof QuantizedLayer quantized && isWatched(quantized)) {
        watched.add(Watched.of(quantized));
      }
    }
  }

  private boolean isWatched(QuantizedLayer layer) {
    return layer
        .quantizers()
        .tensors(QuantizerRole.WEIGHT)
        .map(QuantizerTensors::spec)
        .filter(spec -> spec.bits() <= settings.maxBits())
        .isPresent();
  }

  private double progress() {
    return (double) Networks.iterations(run.network()) / run.iterations();
  }

  @Override
  public void onGradients(StepGradients gradients) {
    switch (settings.method()) {
      case DAMPEN -> dampen(gradients);
      case FREEZE -> moveFrozen(gradients);
      case NONE -> {}
    }
  }

  private void dampen(StepGradients gradients) {
    double factor = 2 * settings.dampeningAt(progress()) * gradients.examples();
    if (factor == 0) {
      return;
    }
    for (Watched each : watched) {
      each.weights.read();
      each.weights.addDistance(
          gradients.of(each.weights.layer(), QuantizedParamInitializer.WEIGHT), factor);
    }
  }

  private void moveFrozen(StepGradients gradients) {
    for (Watched each : watched) {
      if (each.tracker.hasFrozen()) {
        new FrozenGradients(each.weights, each.tracker).move(gradients);
      }
    }
  }

  @Override
  public void afterStep(BatchProgress step) {
    float threshold = (float) settings.thresholdAt(progress());
    watched.forEach(each -> each.update((float) settings.momentum(), threshold));
  }

  @Override
  public EpochMetrics afterEpoch(EpochMetrics metrics) {
    return metrics.withOscillations(oscillations());
  }

  private List<LayerOscillation> oscillations() {
    return watched.stream()
        .map(
            each ->
                new LayerOscillation(
                    each.weights.layerName(),
                    each.weights.length(),
                    each.tracker.shareAbove(LayerOscillation.OSCILLATING),
                    each.tracker.frozenShare()))
        .toList();
  }

  @Override
  public Optional<byte[]> state() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      for (Watched each : watched) {
        out.writeUTF(each.weights.layerName());
        each.tracker.write(out);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Optional.of(bytes.toByteArray());
  }

  @Override
  public void restore(byte[] state) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(state))) {
      for (Watched each : watched) {
        String layer = in.readUTF();
        if (!layer.equals(each.weights.layerName()) || !each.tracker.read(in)) {
          throw otherNetwork("it has layer " + layer);
        }
      }
      if (in.available() > 0) {
        throw otherNetwork("it has more layers");
      }
    } catch (IOException e) {
      throw otherNetwork("it ends too early");
    }
  }

  private static ResumeException otherNetwork(String why) {
    return new ResumeException(
        "Cannot resume: the state of oscillating weights is of another network: "
            + why
            + "; use the same settings or start anew");
  }
}
