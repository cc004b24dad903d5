package org.lsq4j.cli;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lsq4j.data.ImageShape;
import org.lsq4j.deploy.format.ModelBytes;
import org.lsq4j.deploy.onnx.OnnxOptions;
import org.lsq4j.experiment.ConfigException;
import org.lsq4j.experiment.ModelExport;
import org.lsq4j.experiment.StartMode;
import org.lsq4j.network.Networks;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes a model in another form. */
@Command(
    name = "export",
    description =
        "Writes a quantized model as integers, to be run without Deeplearning4j; or any network"
            + " without the state of its training.",
    footer = {
      "",
      "Examples:",
      "  lsq4j export runs/quickstart/W4A4/best.zip --format packed --out w4a4.lsq",
      "  lsq4j export runs/quickstart/W4A4/best.zip --format onnx --out w4a4.onnx",
      "  lsq4j export runs/quickstart/W4A4/last.zip --format dl4j --out w4a4.zip"
    })
final class ExportCommand implements Callable<Integer> {

  private static final String DYNAMIC = "dynamic";
  private static final Pattern SHAPE = Pattern.compile("(\\d{1,5})x(\\d{1,5})x(\\d{1,5})");

  private final Console console;

  @Parameters(
      paramLabel = "MODEL",
      description = "A quantized model (.zip) of LSQ4J; for --format dl4j any network.")
  private Path model;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      required = true,
      description =
          "packed: LSQ4J's own format, weights packed at their bits; onnx: QuantizeLinear and"
              + " DequantizeLinear, for ONNX Runtime and others; qonnx: Quant nodes, for FINN and"
              + " hls4ml; dl4j: the network alone, to be used, published or fine-tuned, in half the"
              + " size.")
  private ModelExport.Format format;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "File to write; beside MODEL, as .lsq, .onnx, .qonnx.onnx or .dl4j.zip, if not given.")
  private Optional<Path> out = Optional.empty();

  @Option(
      names = "--opset",
      paramLabel = "N",
      description =
          "Version of ONNX's operators, "
              + OnnxOptions.OLDEST_OPSET
              + " to "
              + OnnxOptions.NEWEST_OPSET
              + "; 21 if not given. Before 21 weights of 4 bits and fewer take 8.")
  private Optional<Integer> opset = Optional.empty();

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Images an ONNX model takes at a time, or dynamic; dynamic if not given.")
  private Optional<String> batch = Optional.empty();

  @Option(
      names = "--shape",
      paramLabel = "HxWxC",
      description =
          "Size of the images, as in 32x32x3. Needed for models that LSQ4J has not written; others"
              + " know it.")
  private Optional<String> shape = Optional.empty();

  @Option(names = "--overwrite", description = "Replaces FILE if it is there.")
  private boolean overwrite;

  ExportCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    StartMode mode = overwrite ? StartMode.OVERWRITE : StartMode.NEW;
    ModelExport done =
        ModelExport.of(
            new ModelExport.Request(
                model, format, onnxOptions(), out, shape.map(ExportCommand::parse), mode));
    console.line(
        Texts.of("written to %s: %s KB", done.file(), Texts.kilobytes(done.fileBytes()))
            + done.size().map(size -> comparison(done.fileBytes(), size)).orElse(""));
    return ExitCode.DONE;
  }

  private static String comparison(long fileBytes, ModelBytes size) {
    return Texts.of(
        ", %.1f %% more than its numbers; in float %s KB",
        100.0 * (fileBytes - size.bytes()) / size.bytes(), Texts.kilobytes(size.floatBytes()));
  }

  private OnnxOptions onnxOptions() {
    boolean isOnnx = format == ModelExport.Format.ONNX || format == ModelExport.Format.QONNX;
    if (!isOnnx && (opset.isPresent() || batch.isPresent())) {
      throw new ConfigException(
          "--opset and --batch: only formats onnx and qonnx have them; this one is "
              + Networks.words(format));
    }
    if (format == ModelExport.Format.DL4J && shape.isPresent()) {
      throw new ConfigException(
          "--shape: a network in format dl4j takes what it was built for; leave it out");
    }
    OnnxOptions options = OnnxOptions.DEFAULT;
    try {
      return options
          .withOpset(opset.orElse(options.opset()))
          .withBatch(batch.map(ExportCommand::parseBatch).orElse(options.batch()));
    } catch (IllegalArgumentException e) {
      throw new ConfigException("--" + e.getMessage());
    }
  }

  private static int parseBatch(String text) {
    if (text.equals(DYNAMIC)) {
      return OnnxOptions.DYNAMIC;
    }
    if (!text.matches("[1-9]\\d{0,5}")) {
      throw new ConfigException("--batch: must be dynamic or 1 to 999999, got '" + text + "'");
    }
    return Integer.parseInt(text);
  }

  private static ImageShape parse(String text) {
    Matcher sizes = SHAPE.matcher(text);
    if (!sizes.matches()) {
      throw new ConfigException(
          "--shape: must be height x width x channels as in 32x32x3, got '" + text + "'");
    }
    return new ImageShape(
        Integer.parseInt(sizes.group(1)),
        Integer.parseInt(sizes.group(2)),
        Integer.parseInt(sizes.group(3)));
  }
}
