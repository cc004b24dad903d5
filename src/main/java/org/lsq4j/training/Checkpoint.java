package org.lsq4j.training;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.lsq4j.files.DurableFile;
import org.lsq4j.network.KerasImport;
import org.lsq4j.network.ModelEntry;
import org.lsq4j.network.ModelEntry.Form;
import org.lsq4j.network.ModelFormatException;
import org.lsq4j.network.ModelZip;
import org.lsq4j.network.Networks;

/**
 * A network, its updater and the state of its training in one file: DL4J's zip with an entry more,
 * so any DL4J program can load it too.
 *
 * @param network the network
 * @param state how far its training was
 * @param card how to feed it, if known
 * @param extensions states of the {@link TrainingExtension}s by their names
 * @param origin what the training was started with, if known
 */
public record Checkpoint(
    NeuralNetwork network,
    TrainingState state,
    Optional<ModelCard> card,
    Map<String, byte[]> extensions,
    Optional<TrainingOrigin> origin) {

  private static final String STATE_ENTRY = "lsq4j-training.json";
  private static final String CARD_ENTRY = "lsq4j-model.json";
  private static final String ORIGIN_ENTRY = "lsq4j-origin.json";
  private static final String EXTENSION_PREFIX = "lsq4j-extension-";
  private static final String EXTENSION_SUFFIX = ".bin";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Copies the map. */
  public Checkpoint {
    extensions = Map.copyOf(extensions);
  }

  /** A checkpoint of a training without extensions, or of none. */
  public Checkpoint(NeuralNetwork network, TrainingState state, Optional<ModelCard> card) {
    this(network, state, card, Map.of(), Optional.empty());
  }

  /**
   * Writes a file that is whole or not there, also after a power cut. It holds a checksum of each
   * of its entries.
   *
   * @throws UncheckedIOException if it cannot be written; an older file is as it was then
   */
  public void write(Path file) {
    write(file, ModelEntry.ofUpdater(network));
  }

  /**
   * Writes the network and its card alone: all that using or fine-tuning it takes, in about half
   * the size. No training goes on from such a file.
   *
   * @throws UncheckedIOException if it cannot be written; an older file is as it was then
   */
  public void writeNetwork(Path file) {
    new Checkpoint(network, TrainingState.START, card).write(file, List.of());
  }

  private void write(Path file, List<ModelEntry> updater) {
    try {
      List<ModelEntry> entries = new ArrayList<>(ModelEntry.ofNetwork(network));
      entries.addAll(updater);
      entries.addAll(ownEntries());
      DurableFile.write(file, temporary -> EntryChecksums.write(temporary, entries));
    } catch (IOException e) {
      throw cannotWrite(file, e);
    }
  }

  static UncheckedIOException cannotWrite(Path file, IOException e) {
    return new UncheckedIOException("Cannot write checkpoint " + file + ": " + e.getMessage(), e);
  }

  private List<ModelEntry> ownEntries() throws IOException {
    List<ModelEntry> entries = new ArrayList<>();
    new TreeMap<>(extensions)
        .forEach(
            (name, bytes) ->
                entries.add(
                    ModelEntry.of(
                        EXTENSION_PREFIX + name + EXTENSION_SUFFIX, Form.NUMBERS, bytes)));
    entries.add(json(STATE_ENTRY, state));
    if (card.isPresent()) {
      entries.add(json(CARD_ENTRY, card.get()));
    }
    if (origin.isPresent()) {
      entries.add(json(ORIGIN_ENTRY, origin.get()));
    }
    return entries;
  }

  private static ModelEntry json(String name, Object value) throws IOException {
    return ModelEntry.of(name, Form.TEXT, JSON.writeValueAsBytes(value));
  }

  /**
   * Reads a checkpoint. A network saved by DL4J alone, or by Keras, has {@link TrainingState#START}
   * and no card.
   *
   * @throws ModelFormatException if the file is missing, damaged or no network
   */
  public static Checkpoint read(Path file) {
    EntryChecksums.verify(file);
    NeuralNetwork network = Networks.load(file);
    if (KerasImport.isHdf5(file)) {
      return new Checkpoint(network, TrainingState.START, Optional.empty());
    }
    try (ModelZip zip = ModelZip.open(file)) {
      return new Checkpoint(
          network,
          entry(zip, STATE_ENTRY, TrainingState.class).orElse(TrainingState.START),
          entry(zip, CARD_ENTRY, ModelCard.class),
          extensions(zip),
          entry(zip, ORIGIN_ENTRY, TrainingOrigin.class));
    } catch (IOException | IllegalArgumentException e) {
      throw new ModelFormatException(file, "its training state or model card is broken", e);
    }
  }

  private static <T> Optional<T> entry(ModelZip zip, String name, Class<T> type)
      throws IOException {
    return zip.has(name)
        ? Optional.ofNullable(JSON.readValue(zip.read(name), type))
        : Optional.empty();
  }

  private static Map<String, byte[]> extensions(ModelZip zip) {
    Map<String, byte[]> states = new HashMap<>();
    for (String name : zip.names()) {
      if (name.startsWith(EXTENSION_PREFIX) && name.endsWith(EXTENSION_SUFFIX)) {
        int end = name.length() - EXTENSION_SUFFIX.length();
        states.put(name.substring(EXTENSION_PREFIX.length(), end), zip.read(name));
      }
    }
    return states;
  }
}
