package org.lsq4j.network;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.inputs.InputType;

/**
 * Image classifiers to start from, in float, built from layers that can be quantized later. Found
 * by name:
 *
 * <ul>
 *   <li>{@code lenet}: ReLU and max pooling; 1,256,080 parameters for 28x28 grey images, 10
 *       classes.
 *   <li>{@code small-cnn}: five convolutions with batch norm; 472,922 parameters for the same.
 *   <li>{@code vgg-small}: six wide convolutions; 4,663,690 parameters for 32x32 RGB images, 10
 *       classes.
 *   <li>{@code resnet<depth>}: for small images, of any depth 6n + 2; {@code resnet8} is as in
 *       MLPerf Tiny's image classification (78,714 parameters for RGB images, 10 classes), {@code
 *       resnet20} has 274,042. With {@code -preact} batch norm and ReLU come before convolutions.
 *   <li>{@code mobilenet-<width>}: MobileNetV1 with so many times the channels; {@code
 *       mobilenet-0.25} is as in MLPerf Tiny's visual wake words (96x96): 219,058 parameters for
 *       RGB images, 2 classes. With {@code -swish} Swish instead of ReLU.
 *   <li>{@code mobilenetv2-<width>}: MobileNetV2 likewise, with ReLU6 or Swish.
 * </ul>
 *
 * <p>Numbers of parameters include the running statistics of batch norm, which DL4J counts too.
 */
public final class ReferenceNetwork {

  /** LeNet. */
  public static final ReferenceNetwork LENET = named("lenet");

  /** The network of the quickstart. */
  public static final ReferenceNetwork SMALL_CNN = named("small-cnn");

  /** Networks of one kind. */
  private enum Family {
    LENET("lenet", "lenet", parts -> new LeNet()),
    SMALL_CNN("small-cnn", "small-cnn", parts -> new SmallCnn()),
    VGG_SMALL("vgg-small", "vgg-small", parts -> new VggSmall()),
    RESNET("resnet<6n+2>[-preact]", "resnet(\\d{1,4})(-preact)?", Family::resNet),
    MOBILENET(
        "mobilenet-<width>[-swish]",
        "mobilenet-([\\d.]{1,9})(-swish)?",
        parts -> new MobileNet(width(parts), swishOr(Nonlinearity.RELU, parts))),
    MOBILENET_V2(
        "mobilenetv2-<width>[-swish]",
        "mobilenetv2-([\\d.]{1,9})(-swish)?",
        parts -> new MobileNetV2(width(parts), swishOr(Nonlinearity.RELU6, parts)));

    private static final double MAX_WIDTH = 4;
    private static final int MAX_DEPTH = 1202;

    private final String form;
    private final Pattern pattern;
    private final Function<MatchResult, Architecture> make;

    Family(String form, String pattern, Function<MatchResult, Architecture> make) {
      this.form = form;
      this.pattern = Pattern.compile(pattern);
      this.make = make;
    }

    private static Architecture resNet(MatchResult parts) {
      int depth = Integer.parseInt(parts.group(1));
      int blocks = (depth - 2) / 6;
      if (blocks < 1 || depth != 6 * blocks + 2 || depth > MAX_DEPTH) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "%s: the depth must be 6n + 2 (8, 14, 20, 26, 32 ... %d), got %d",
                parts.group(),
                MAX_DEPTH,
                depth));
      }
      return parts.group(2) == null ? new ResNet(blocks) : new PreActivationResNet(blocks);
    }

    private static double width(MatchResult parts) {
      double width = parse(parts.group(1));
      if (!(width > 0 && width <= MAX_WIDTH)) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "%s: the width must be a number above 0 and at most %.0f, such as 0.25, got %s",
                parts.group(),
                MAX_WIDTH,
                parts.group(1)));
      }
      return width;
    }

    private static double parse(String number) {
      try {
        return Double.parseDouble(number);
      } catch (NumberFormatException e) {
        return Double.NaN;
      }
    }

    private static Nonlinearity swishOr(Nonlinearity usual, MatchResult parts) {
      return parts.group(2) == null ? usual : Nonlinearity.SWISH;
    }
  }

  private final String id;
  private final Architecture architecture;

  private ReferenceNetwork(String id, Architecture architecture) {
    this.id = id;
    this.architecture = architecture;
  }

  /** The name in configurations: {@code small-cnn}. */
  public String id() {
    return id;
  }

  /**
   * The forms of all names, for people: {@code <...>} stands for a number, {@code [...]} for what
   * may be left out.
   */
  public static List<String> forms() {
    return Arrays.stream(Family.values()).map(family -> family.form).toList();
  }

  /**
   * The network of a name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static ReferenceNetwork named(String id) {
    for (Family family : Family.values()) {
      Matcher matcher = family.pattern.matcher(id);
      if (matcher.matches()) {
        return new ReferenceNetwork(id, family.make.apply(matcher.toMatchResult()));
      }
    }
    throw new IllegalArgumentException(
        String.format(
            Locale.ROOT, "there is no '%s'; there are: %s", id, String.join(", ", forms())));
  }

  /**
   * Makes a float network with random weights: a {@link
   * org.deeplearning4j.nn.multilayer.MultiLayerNetwork}, or a {@link
   * org.deeplearning4j.nn.graph.ComputationGraph} if it has shortcuts.
   *
   * @param input image size and format
   * @param classes number of classes
   * @param seed of the weights
   * @throws IllegalArgumentException if images of this size do not fit
   */
  public NeuralNetwork create(InputType input, int classes, long seed) {
    try {
      return architecture.create(input, classes, seed);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(
          id + " does not fit input " + input + ": " + e.getMessage(), e);
    }
  }

  /** The images it is usually trained on. */
  public UsualImages usualImages() {
    return architecture.usualImages();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ReferenceNetwork that && architecture.equals(that.architecture);
  }

  @Override
  public int hashCode() {
    return Objects.hash(architecture);
  }

  @Override
  public String toString() {
    return id;
  }
}
