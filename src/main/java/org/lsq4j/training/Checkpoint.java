package org.lsq4j.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.lsq4j.network.ModelFormatException;
import org.lsq4j.network.Networks;

/**
 * A network, its updater and the state of its training in one file: DL4J's zip with an entry more, so any DL4J program
 * can load it too.
 *
 * @param network the network
 * @param state how far its training was
 */
public record Checkpoint(NeuralNetwork network, TrainingState state) {

  private static final String STATE_ENTRY = "lsq4j-training.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Writes the file at once or not at all: into a temporary file beside it, which is then moved. */
  public void write(Path file) {
    try {
      Path folder = file.toAbsolutePath().getParent();
      Files.createDirectories(folder);
      Path temporary = Files.createTempFile(folder, "." + file.getFileName(), ".part");
      try {
        ModelSerializer.writeModel((Model) network, temporary.toFile(), true);
        addState(temporary);
        Files.move(
            temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write checkpoint " + file + ": " + e.getMessage(), e);
    }
  }

  private void addState(Path zip) throws IOException {
    try (FileSystem entries = FileSystems.newFileSystem(zip)) {
      Files.write(entries.getPath(STATE_ENTRY), JSON.writeValueAsBytes(state));
    }
  }

  /**
   * Reads a checkpoint. A network saved by DL4J alone has {@link TrainingState#START}.
   *
   * @throws ModelFormatException if the file is missing, broken or no network
   */
  public static Checkpoint read(Path file) {
    NeuralNetwork network = Networks.load(file);
    return new Checkpoint(network, readState(file));
  }

  private static TrainingState readState(Path file) {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      ZipEntry entry = zip.getEntry(STATE_ENTRY);
      if (entry == null) {
        return TrainingState.START;
      }
      try (InputStream stream = zip.getInputStream(entry)) {
        return JSON.readValue(stream, TrainingState.class);
      }
    } catch (JsonProcessingException e) {
      throw new ModelFormatException(file, "its training state is broken", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
