package org.lsq4j.experiment;

import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.lsq4j.data.Datasets;
import org.lsq4j.data.ImageBatches;
import org.lsq4j.data.ImageData;
import org.lsq4j.data.Normalization;
import org.lsq4j.data.NormalizationKind;
import org.lsq4j.files.DurableFile;
import org.lsq4j.network.LayerException;
import org.lsq4j.network.QuantizationPolicy;
import org.lsq4j.quantizer.CodeRange;
import org.lsq4j.quantizer.Granularity;
import org.lsq4j.training.Checkpoint;
import org.lsq4j.training.LayerSensitivity;
import org.lsq4j.training.ModelCard;
import org.lsq4j.training.PredictionScore;
import org.lsq4j.training.Sensitivity;
import org.nd4j.linalg.dataset.DataSet;

/**
 * Which layers of a saved float model suffer from few bits. Measured on training images, because
 * bits that were chosen by the test images could no longer be judged by them.
 *
 * @param model file of the model
 * @param data name of the data set
 * @param images training images that it was measured on, others than those of the calibration
 * @param restBits bits of the layers that are not tried; 32 for float
 * @param rest the network with all layers at these bits
 * @param layers for each number of bits the layer that loses most first
 * @param mixed bits for every layer within a budget; null if there was none
 */
public record ModelSensitivity(
    String model,
    String data,
    int images,
    int restBits,
    PredictionScore rest,
    List<LayerSensitivity> layers,
    MixedPrecision mixed) {

  private static final int BATCH = 128;
  private static final int CALIBRATION_BATCHES = 8;
  private static final long SEED = 1;
  private static final int MIN_BITS = 2;

  /**
   * What to measure.
   *
   * @param model file of a float model
   * @param data name of the data set
   * @param folder where fetched data sets lie
   * @param normalization measured on the training images; empty for the one saved with the model
   * @param bits numbers of bits that every layer is tried with
   * @param restBits bits of the others; 32 for float
   * @param granularity of weights
   * @param images training images to measure on
   * @param budget most bits of weights in the mean; empty to suggest nothing
   * @param json file for the result as JSON; empty to write none
   */
  public record Request(
      Path model,
      String data,
      Path folder,
      Optional<NormalizationKind> normalization,
      List<Integer> bits,
      int restBits,
      Granularity granularity,
      int images,
      Optional<Double> budget,
      Optional<Path> json) {

    /** Checks the numbers. */
    public Request {
      bits = List.copyOf(bits);
      if (bits.isEmpty()) {
        throw new ConfigException("--bits: at least one number is needed");
      }
      if (restBits != Float.SIZE && (restBits <= MIN_BITS || restBits > CodeRange.MAX_BITS)) {
        throw new ConfigException("--from: must be 3 to 8, or 32 for float, got " + restBits);
      }
      for (int width : bits) {
        if (width < MIN_BITS || width > CodeRange.MAX_BITS || width >= restBits) {
          throw new ConfigException(
              String.format(
                  "--bits: must be 2 to 8 and less than those of --from, %d, got %d",
                  restBits, width));
        }
      }
      if (images < 1) {
        throw new ConfigException("--images: must be 1 or more, got " + images);
      }
      int fewest = bits.stream().mapToInt(Integer::intValue).min().orElseThrow();
      if (budget.isPresent() && !(budget.get() >= fewest && budget.get() <= restBits)) {
        throw new ConfigException(
            String.format(
                Locale.ROOT,
                "--budget: must be %d to %d, the fewest bits tried and those of --from, got %s",
                fewest,
                restBits,
                budget.get()));
      }
    }
  }

  /**
   * Measures a model.
   *
   * @param observer hears every result at once
   * @throws ConfigException if the data does not fit the model, or there is no folder for the JSON
   */
  public static ModelSensitivity of(Request request, Consumer<LayerSensitivity> observer) {
    request.json.ifPresent(ModelSensitivity::requireFolder);
    Checkpoint model = Checkpoint.read(request.model);
    ImageData images = Datasets.load(request.data, request.folder);
    CNN2DFormat format =
        model.card().map(ModelCard::format).orElseGet(() -> FloatNetwork.formatOf(model.network()));
    Normalization normalization =
        ModelEvaluation.normalization(
            request.model,
            model.card().map(ModelCard::normalization),
            request.normalization,
            images);
    ModelFit.check(request.model.toString(), model, new ModelFit.Images(images, format));
    ImageBatches batches =
        ImageBatches.training(images)
            .batchSize(BATCH)
            .normalization(normalization)
            .format(format)
            .seed(SEED)
            .build();
    Sensitivity.Data data = data(request, batches);
    Sensitivity sensitivity = prepare(model, plan(request, normalization.kind()), data);
    List<LayerSensitivity> layers = sensitivity.measure(observer);
    ModelSensitivity result =
        new ModelSensitivity(
            request.model.toString(),
            request.data,
            Math.min(request.images, batches.totalExamples() - CALIBRATION_BATCHES * BATCH),
            request.restBits,
            sensitivity.restScore(),
            layers,
            request
                .budget
                .map(bits -> MixedPrecision.of(model, sensitivity, layers, bits))
                .orElse(null));
    request.json.ifPresent(result::write);
    return result;
  }

  private static Sensitivity prepare(
      Checkpoint model, Sensitivity.Plan plan, Sensitivity.Data data) {
    try {
      return Sensitivity.of(model.network(), plan, data);
    } catch (IllegalArgumentException e) {
      throw new ConfigException("The model cannot be quantized: " + e.getMessage(), e);
    }
  }

  /** Before everything is measured for nothing. */
  private static void requireFolder(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    if (!Files.isDirectory(parent)) {
      throw new ConfigException("--json: there is no folder " + parent);
    }
  }

  private static Sensitivity.Data data(Request request, ImageBatches batches) {
    List<DataSet> calibration = take(batches, CALIBRATION_BATCHES * BATCH);
    List<DataSet> evaluation = take(batches, request.images);
    if (evaluation.isEmpty()) {
      throw new ConfigException(
          String.format(
              "%s has only %d training images; the first %d find the steps, and none are left to"
                  + " measure on",
              request.data, batches.totalExamples(), CALIBRATION_BATCHES * BATCH));
    }
    return new Sensitivity.Data(
        new ExistingDataSetIterator(calibration), new ExistingDataSetIterator(evaluation));
  }

  private static Sensitivity.Plan plan(Request request, NormalizationKind normalization) {
    int bits = Math.min(request.restBits, CodeRange.MAX_BITS);
    QuantizationPolicy.Builder rest =
        QuantizationPolicy.builder(bits, bits)
            .weightGranularity(request.granularity)
            .networkInput(QuantizationConfig.NetworkInput.AUTO.sign(normalization));
    if (request.restBits == Float.SIZE) {
      rest.exception("*", LayerException.FLOAT);
    }
    return new Sensitivity.Plan(rest.build(), request.bits, CALIBRATION_BATCHES);
  }

  /** The next images, or as many as there are. */
  private static List<DataSet> take(ImageBatches batches, int images) {
    List<DataSet> taken = new ArrayList<>();
    int missing = images;
    while (missing > 0 && batches.hasNext()) {
      DataSet batch = batches.next();
      boolean isTooLarge = batch.numExamples() > missing;
      taken.add(isTooLarge ? (DataSet) batch.getRange(0, missing) : batch);
      missing -= batch.numExamples();
    }
    return taken;
  }

  private void write(Path file) {
    try {
      DurableFile.write(file, Mappers.toJson(this).getBytes(StandardCharsets.UTF_8));
    } catch (UncheckedIOException e) {
      throw new ConfigException("--json: " + e.getMessage(), e);
    }
  }
}
