package org.lsq4j.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.CodeSpan;
import org.lsq4j.quantizer.QuantizerSpec;
import org.lsq4j.report.ReportException;
import org.lsq4j.report.figures.DataSource;
import org.lsq4j.report.figures.Exploration;
import org.lsq4j.report.figures.Figure;
import org.lsq4j.report.figures.FigureFiles;
import org.lsq4j.report.figures.InteractivePage;
import org.lsq4j.report.figures.Range;
import org.lsq4j.report.figures.Sampling;
import org.lsq4j.report.figures.TenFigures;
import org.lsq4j.report.text.Language;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Draws what step and offset do. */
@Command(
    name = "figures",
    description =
        "Draws ten animated figures of how step and offset act in quantization, figures of data of"
            + " your own, or a page on which you move them.",
    footer = {
      "",
      "Examples:",
      "  lsq4j figures",
      "  lsq4j figures --figure 1 --lang zh",
      "  lsq4j figures --interactive",
      "  lsq4j figures --distribution laplace --bits 4",
      "  lsq4j figures --distribution runs/quickstart/float/last.zip:conv2 --bits 2 \\",
      "      --step-sweep 0.01:0.5:41",
      "  lsq4j figures --distribution runs/quickstart/float/last.zip:conv2:input --unsigned"
    })
final class FiguresCommand implements Callable<Integer> {

  private final Console console;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "figures",
      description = "Folder to write to; ${DEFAULT-VALUE} if not given.")
  private Path out;

  @Option(
      names = "--figure",
      paramLabel = "N",
      split = ",",
      description = "Only these of the ten figures; numbers with commas.")
  private List<Integer> numbers = List.of();

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "" + Sampling.USUAL_COUNT,
      description = "Values to quantize; ${DEFAULT-VALUE} if not given. The page takes fewer.")
  private int samples;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Seed of the values; ${DEFAULT-VALUE} if not given.")
  private long seed;

  @Option(
      names = "--lang",
      paramLabel = "LANG",
      defaultValue = "en",
      description = "Language of captions: en or zh; ${DEFAULT-VALUE} if not given.")
  private Language language;

  @Option(
      names = "--interactive",
      description = "Writes one page with sliders for step, offset, bits and data instead.")
  private boolean interactive;

  @ArgGroup(exclusive = false, heading = "%nA figure of your own (without --figure):%n")
  private OwnFigure own; // null if none of its options is given

  FiguresCommand(Console console) {
    this.console = console;
  }

  /** Options of a figure that is none of the ten. */
  static final class OwnFigure {
    @Option(
        names = "--distribution",
        paramLabel = "DATA",
        defaultValue = "normal",
        description =
            "normal, laplace, uniform or relu-normal; a file of numbers; MODEL.zip:LAYER for weights,"
                + " MODEL.zip:LAYER:input for what reaches a layer; ${DEFAULT-VALUE} if not given.")
    private String data = "normal";

    @Option(
        names = "--mean",
        paramLabel = "X",
        defaultValue = "0",
        description = "Added to all values; ${DEFAULT-VALUE} if not given.")
    private double mean;

    @Option(
        names = "--bits",
        paramLabel = "N",
        defaultValue = "3",
        description = "Bits of a code; ${DEFAULT-VALUE} if not given.")
    private int bits = 3;

    @ArgGroup(exclusive = true)
    private Codes codes = new Codes();

    @Option(
        names = "--step",
        paramLabel = "S",
        description = "The step if it is not swept; else the one of least squared error.")
    private Optional<Double> step = Optional.empty();

    @Option(
        names = "--offset",
        paramLabel = "Z",
        defaultValue = "0",
        description = "The offset if it is not swept; ${DEFAULT-VALUE} if not given.")
    private double offset;

    @Option(
        names = "--step-sweep",
        paramLabel = "FROM:TO:N",
        description =
            "N steps in equal ratios. If nothing is swept, 41 steps from a quarter to four times the"
                + " best.")
    private Optional<String> steps = Optional.empty();

    @Option(
        names = "--offset-sweep",
        paramLabel = "FROM:TO:N",
        description = "N offsets at equal distances; with --step-sweep, both go along together.")
    private Optional<String> offsets = Optional.empty();

    @Option(
        names = "--folder",
        paramLabel = "DIR",
        defaultValue = "data",
        description =
            "Where data sets lie, for the input of layers; ${DEFAULT-VALUE} if not given.")
    private Path folder = Path.of("data");

    /** Which codes there are. */
    static final class Codes {
      @Option(names = "--narrow", description = "Symmetric codes: 3 bits from -3 to 3.")
      private boolean narrow;

      @Option(names = "--unsigned", description = "Codes from 0: 3 bits to 7.")
      private boolean unsigned;
    }

    DataSource source() {
      return new DataSource(data, mean, folder);
    }

    Exploration exploration() {
      return new Exploration(
          spec(),
          step,
          offset,
          steps.map(text -> Range.parse("--step-sweep", text)),
          offsets.map(text -> Range.parse("--offset-sweep", text)));
    }

    private QuantizerSpec spec() {
      try {
        return QuantizerSpec.activations(bits, codes.unsigned ? CodeSign.UNSIGNED : CodeSign.SIGNED)
            .withSpan(codes.narrow ? CodeSpan.NARROW : CodeSpan.FULL);
      } catch (IllegalArgumentException e) {
        throw new ReportException("--" + e.getMessage(), e);
      }
    }
  }

  @Override
  public Integer call() {
    Sampling sampling = new Sampling(samples, seed);
    FigureFiles files = new FigureFiles(out, language);
    if (interactive) {
      files.writeInteractive(
          InteractivePage.of(Optional.ofNullable(own).map(OwnFigure::source), sampling),
          this::tell);
    } else {
      files.write(figures(sampling), this::tell);
    }
    return ExitCode.DONE;
  }

  private List<Figure> figures(Sampling sampling) {
    if (own == null) {
      return numbers.isEmpty() ? TenFigures.all(sampling) : TenFigures.of(numbers, sampling);
    }
    if (!numbers.isEmpty()) {
      throw new ReportException(
          "--figure: the ten figures have their own data and sweeps; leave out --figure or the"
              + " options of a figure of your own");
    }
    Exploration exploration = own.exploration();
    return List.of(exploration.of(own.source().read(sampling)));
  }

  private void tell(Path file) {
    console.line("written " + file);
  }
}
