package org.lsq4j.network;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Arrays;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.modelimport.keras.KerasLayer;
import org.deeplearning4j.nn.modelimport.keras.KerasModel;
import org.deeplearning4j.nn.modelimport.keras.KerasSequentialModel;
import org.deeplearning4j.nn.modelimport.keras.exceptions.InvalidKerasConfigurationException;
import org.deeplearning4j.nn.modelimport.keras.exceptions.UnsupportedKerasConfigurationException;
import org.deeplearning4j.nn.modelimport.keras.utils.KerasModelBuilder;

/**
 * Reads Keras 2 models from HDF5 files, as {@code model.save("model.h5")} writes them, with DL4J's
 * importer.
 *
 * <p>A functional model becomes a {@link org.deeplearning4j.nn.graph.ComputationGraph}, a
 * sequential one a {@link org.deeplearning4j.nn.multilayer.MultiLayerNetwork}, of DL4J's own layers
 * with Keras's names. Activations keep Keras's format, usually [N, H, W, C]. What differs from
 * DL4J's import:
 *
 * <ul>
 *   <li>The network can be trained: its last layer gets a loss. Behind softmax that is cross
 *       entropy, behind sigmoid binary cross entropy. If the last layer is linear, the loss that
 *       the file names decides: with mean squared or absolute error it stays linear; else it gives
 *       logits, and the softmax (or sigmoid) that the loss had inside becomes part of the network.
 *   <li>Regularizers are left out: weight decay belongs to the next training, not to the network.
 *   <li>Dropout that drops nothing, which DL4J gives to many layers, is left out.
 *   <li>What DL4J would compute otherwise than Keras is refused.
 * </ul>
 *
 * <p>A file does not say how its pixels were scaled; whoever feeds the network must know.
 */
public final class KerasImport {

  private static final byte[] SIGNATURE = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

  private KerasImport() {}

  /** Whether a file is HDF5, by its first bytes; the name does not count. */
  public static boolean isHdf5(Path file) {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "r")) {
      byte[] start = new byte[SIGNATURE.length];
      return bytes.read(start) == start.length && Arrays.equals(start, SIGNATURE);
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Reads a model.
   *
   * @throws ModelFormatException if the file is missing, holds no whole Keras model, or has a layer
   *     or setting that cannot be imported
   */
  public static NeuralNetwork load(Path file) {
    if (!isHdf5(file)) {
      throw ModelFormatException.ofKeras(file, "there is no such file, or it is not HDF5", null);
    }
    try {
      KerasFile content = KerasFile.read(file);
      content.requireImportable();
      return ImportedNetwork.finish(read(file, content), content.loss());
    } catch (ModelFormatException e) {
      throw e;
    } catch (LinkageError e) {
      throw ModelFormatException.ofKeras(
          file, "the HDF5 library does not load on this system (" + e.getMessage() + ")", e);
    } catch (Exception e) {
      throw ModelFormatException.ofKeras(file, reason(e), e);
    }
  }

  private static NeuralNetwork read(Path file, KerasFile content)
      throws IOException,
          InvalidKerasConfigurationException,
          UnsupportedKerasConfigurationException {
    KerasModel model = build(file, content);
    model.getLayersOrdered().forEach(layer -> countAxisFromFront(layer, model));
    return model instanceof KerasSequentialModel chain
        ? chain.getMultiLayerNetwork()
        : model.getComputationGraph();
  }

  /** The builder closes the file itself, unless the second step fails; closing twice crashes. */
  private static KerasModel build(Path file, KerasFile content)
      throws IOException,
          InvalidKerasConfigurationException,
          UnsupportedKerasConfigurationException {
    KerasModelBuilder builder = new KerasModel().modelBuilder();
    builder.modelHdf5Filename(file.toString()).enforceTrainingConfig(false);
    try {
      return content.isSequential() ? builder.buildSequential() : builder.buildModel();
    } catch (IOException
        | InvalidKerasConfigurationException
        | UnsupportedKerasConfigurationException
        | RuntimeException e) {
      builder.close();
      throw e;
    }
  }

  /** The last axis is -1 in Keras; DL4J's backward pass of a concatenation does not know that. */
  private static void countAxisFromFront(KerasLayer layer, KerasModel model) {
    if (layer.isVertex()
        && layer.getVertex() instanceof MergeVertex merge
        && merge.getMergeAxis() < 0) {
      int rank = model.getOutputTypes().get(layer.getLayerName()).getShape(true).length;
      merge.setMergeAxis(merge.getMergeAxis() + rank);
    }
  }

  /** DL4J's messages end in advice to report a bug, a sentence of its own. */
  private static String reason(Exception e) {
    String message = e.getMessage() == null ? e.toString() : e.getMessage();
    return message.lines().findFirst().orElse("").replaceFirst("\\. .*", "");
  }

  /** The loss a model was compiled with, as far as it matters here. */
  enum Loss {
    /** Cross entropy over classes, or not known. */
    CROSS_ENTROPY,
    /** Cross entropy of yes and no. */
    BINARY_CROSS_ENTROPY,
    /** Mean squared error. */
    SQUARED_ERROR,
    /** Mean absolute error. */
    ABSOLUTE_ERROR;

    /** The loss of Keras's name in snake or camel case, or of its dictionary. */
    static Loss of(JsonNode loss) {
      String name = loss.isObject() ? loss.path("class_name").asText() : loss.asText();
      String letters = name.replace("_", "").toLowerCase(java.util.Locale.ROOT);
      return switch (letters) {
        case "binarycrossentropy" -> BINARY_CROSS_ENTROPY;
        case "mse", "meansquarederror" -> SQUARED_ERROR;
        case "mae", "meanabsoluteerror" -> ABSOLUTE_ERROR;
        default -> CROSS_ENTROPY;
      };
    }
  }
}
