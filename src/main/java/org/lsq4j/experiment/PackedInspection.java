package org.lsq4j.experiment;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.lsq4j.deploy.format.ModelBytes;
import org.lsq4j.deploy.format.PackedFormat;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.ModelInfo.PixelScaling;
import org.lsq4j.deploy.graph.Node;
import org.lsq4j.deploy.graph.Operation;
import org.lsq4j.deploy.graph.Operation.Activate;
import org.lsq4j.deploy.graph.Operation.Product;
import org.lsq4j.deploy.graph.Operation.Quantize;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.deploy.graph.Weights;
import org.lsq4j.network.Networks;

/**
 * What is in a packed model.
 *
 * @param file the file
 * @param version of its format
 * @param fileBytes its size
 * @param size what its numbers take at least, and in float
 * @param dataset name of the data it was trained on; empty if not known
 * @param classNames name of each output; empty if not known
 * @param scaling how pixels become inputs; null if not known
 * @param nodes all operations in computation order
 */
public record PackedInspection(
    String file,
    int version,
    long fileBytes,
    ModelBytes size,
    String dataset,
    List<String> classNames,
    PixelScaling scaling,
    List<NodeSummary> nodes) {

  /**
   * An operation.
   *
   * @param number its number
   * @param name its layer's name; may be empty
   * @param operation what it computes
   * @param inputs numbers of the operations it reads
   * @param output shape of its result, height x width x channels
   * @param weights its weight quantizer; null if it has no weights
   * @param codes the quantizer of its result; null for real numbers
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record NodeSummary(
      int number,
      String name,
      String operation,
      List<Integer> inputs,
      String output,
      WeightSummary weights,
      Quantizer codes) {

    private static NodeSummary of(IntegerGraph graph, int number) {
      Node node = graph.nodes().get(number);
      Operation operation = node.operation();
      return new NodeSummary(
          number,
          node.name(),
          nameOf(operation),
          node.inputs(),
          graph.tensor(number).shape().toString(),
          operation instanceof Product product ? WeightSummary.of(product.weights()) : null,
          operation instanceof Quantize quantize ? quantize.quantizer() : null);
    }

    private static String nameOf(Operation operation) {
      return operation instanceof Activate activate
          ? Networks.words(activate.function())
          : operation.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /**
   * Quantized weights.
   *
   * @param bits of a code
   * @param count number of weights
   * @param steps s: one, or one for each output channel
   */
  public record WeightSummary(int bits, int count, List<Double> steps) {
    private static WeightSummary of(Weights weights) {
      float[] steps = weights.steps();
      return new WeightSummary(
          weights.bits(),
          weights.count(),
          IntStream.range(0, steps.length).mapToObj(i -> (double) steps[i]).toList());
    }
  }

  /** Whether a file is a packed model, by its first bytes or its name. */
  public static boolean isFor(Path file) {
    return DeployedModels.isPacked(file);
  }

  /** Reads a packed model. */
  public static PackedInspection of(Path file) {
    IntegerGraph graph = PackedFormat.read(file);
    try {
      return new PackedInspection(
          file.toString(),
          PackedFormat.VERSION,
          Files.size(file),
          ModelBytes.of(graph),
          graph.info().dataset(),
          graph.info().classNames(),
          graph.info().scaling().orElse(null),
          IntStream.range(0, graph.nodes().size())
              .mapToObj(number -> NodeSummary.of(graph, number))
              .toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** This as JSON. */
  public String toJson() {
    return Mappers.toJson(this);
  }
}
