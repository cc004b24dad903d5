package org.lsq4j.experiment;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.lsq4j.data.Datasets;
import org.lsq4j.data.ImageData;
import org.lsq4j.data.ImageSet;
import org.lsq4j.data.Normalization;
import org.lsq4j.deploy.graph.IntegerGraph;
import org.lsq4j.deploy.graph.Operation.Quantize;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.deploy.runtime.IntegerModel;

/**
 * Whether two forms of one model predict alike, and if not, why.
 *
 * @param images test images
 * @param disagreements those that get different classes
 */
public record ModelComparison(int images, List<Disagreement> disagreements) {

  private static final double HALF = 0.5;

  /**
   * Compares a model with another form of it.
   *
   * @param request the model and the data
   * @param against file of the other form
   * @throws ConfigException if the models have different images or classes, or both are ONNX
   */
  public static ModelComparison of(ModelEvaluation.Request request, Path against) {
    try (ComparedModel model = ComparedModel.read(request.model());
        ComparedModel other = ComparedModel.read(against)) {
      IntegerGraph graph =
          model
              .graph()
              .or(other::graph)
              .orElseThrow(
                  () ->
                      new ConfigException(
                          "--against: one of the models must be a .zip or .lsq, which tell the"
                              + " quantizers of layers"));
      requireAlike(model, other, against);
      ImageData data = Datasets.load(request.data(), request.folder());
      ModelEvaluation.requireFit(
          request, DeployedModels.imageShape(model.inputShape()), model.classes(), data);
      Normalization normalization =
          ModelEvaluation.normalization(
              request.model(), model.normalization(), request.normalization(), data);
      Run run = new Run(model, other, graph, normalization, data.test());
      return new ModelComparison(data.test().count(), run.disagreements(request.batch()));
    }
  }

  private static void requireAlike(ComparedModel model, ComparedModel other, Path against) {
    if (!model.inputShape().equals(other.inputShape()) || model.classes() != other.classes()) {
      throw new ConfigException(
          "--against: "
              + against
              + " takes "
              + other.inputShape()
              + " and gives "
              + other.classes()
              + " classes, but the model takes "
              + model.inputShape()
              + " and gives "
              + model.classes());
    }
  }

  private record Run(
      ComparedModel model,
      ComparedModel other,
      IntegerGraph graph,
      Normalization normalization,
      ImageSet images) {

    private List<Disagreement> disagreements(int batch) {
      List<Disagreement> found = new ArrayList<>();
      for (int first = 0; first < images.count(); first += batch) {
        int count = Math.min(batch, images.count() - first);
        float[] inputs = inputs(first, count);
        float[] outputs = model.outputs(inputs, count);
        float[] others = other.outputs(inputs, count);
        int classes = model.classes();
        for (int i = 0; i < count; i++) {
          int predicted = IntegerModel.argMax(outputs, i * classes, classes);
          int otherClass = IntegerModel.argMax(others, i * classes, classes);
          if (predicted != otherClass) {
            double margin = outputs[i * classes + predicted] - outputs[i * classes + otherClass];
            found.add(
                new Disagreement(
                    first + i,
                    images.label(first + i),
                    predicted,
                    otherClass,
                    margin,
                    cause(first + i).orElse(null)));
          }
        }
      }
      return found;
    }

    private float[] inputs(int first, int count) {
      int size = model.inputShape().size();
      float[] inputs = new float[count * size];
      for (int i = 0; i < count; i++) {
        images.copyPixels(first + i, inputs, i * size);
      }
      normalization.apply(inputs, 0, inputs.length);
      return inputs;
    }

    private Optional<Disagreement.Cause> cause(int image) {
      float[] input = inputs(image, 1);
      Map<String, float[]> numbers = model.trace().layerInputs(input);
      Map<String, float[]> others = other.trace().layerInputs(input);
      for (Map.Entry<String, Integer> entry : TracedModel.quantizers(graph).entrySet()) {
        Quantize quantize = (Quantize) graph.nodes().get(entry.getValue()).operation();
        LayerDifference difference =
            new LayerDifference(model.trace(), other.trace(), quantize.quantizer());
        Optional<Disagreement.Cause> cause =
            difference.of(entry.getKey(), numbers.get(entry.getKey()), others.get(entry.getKey()));
        if (cause.isPresent()) {
          return cause;
        }
      }
      return Optional.empty();
    }
  }

  /** The codes that one quantizer gives both models. */
  private record LayerDifference(TracedModel model, TracedModel other, Quantizer quantizer) {

    private Optional<Disagreement.Cause> of(String layer, float[] numbers, float[] others) {
      int codes = 0;
      double border = 0;
      double gap = 0;
      for (int i = 0; i < numbers.length; i++) {
        float u = model.position(quantizer, numbers[i]);
        float v = other.position(quantizer, others[i]);
        gap = Math.max(gap, Math.abs((double) numbers[i] - others[i]) / quantizer.step());
        if (code(u) != code(v)) {
          codes++;
          border = Math.max(border, Math.abs(u - Math.floor(u) - HALF));
        }
      }
      return codes == 0
          ? Optional.empty()
          : Optional.of(new Disagreement.Cause(layer, codes, border, gap));
    }

    private int code(float u) {
      float clipped =
          Math.min(Math.max(u, quantizer.range().lowest()), quantizer.range().highest());
      return (int) Math.rint(clipped);
    }
  }
}
