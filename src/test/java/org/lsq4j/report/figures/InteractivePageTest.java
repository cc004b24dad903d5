package org.lsq4j.report.figures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.CodeSpan;
import org.lsq4j.quantizer.FakeQuantizer;
import org.lsq4j.quantizer.OffsetMode;
import org.lsq4j.quantizer.QuantizerSpec;
import org.lsq4j.quantizer.StepAndOffset;
import org.lsq4j.report.Browser;
import org.lsq4j.report.text.Language;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.support.ui.Select;
import org.openqa.selenium.support.ui.WebDriverWait;

/** The page in a browser: what it shows is what the Java library computes. */
class InteractivePageTest {

  private static final double WITHIN = 1e-6;
  private static final int DESKTOP = 1280;
  private static final int PHONE = 390;

  private static final InteractivePage PAGE =
      InteractivePage.of(Optional.empty(), new Sampling(4_000, 3));

  @TempDir private static Path folder;
  private static Browser browser;

  @BeforeAll
  static void start() {
    browser = Browser.start();
    new FigureFiles(folder, Language.EN).writeInteractive(PAGE, file -> {});
  }

  @AfterAll
  static void stop() {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void open() {
    browser.open(folder.resolve("interactive.html"), DESKTOP);
  }

  private static WebElement element(String id) {
    return browser.driver().findElement(By.id(id));
  }

  private static double shown(String id) {
    return browser.number("document.getElementById('" + id + "').dataset.value");
  }

  private static void choose(String id, String value) {
    new Select(element(id)).selectByValue(value);
  }

  private static void type(String id, double value) {
    // Emptying the field first would be a change, and the page would fill it again.
    element(id).sendKeys(Keys.chord(Keys.CONTROL, "a"), Double.toString(value), Keys.TAB);
  }

  private static void setBits(int bits) {
    browser.evaluate(
        "(bits => { bits.value = "
            + bits
            + "; bits.dispatchEvent(new Event('input')); })(document.getElementById('bits'))");
  }

  /** The figure of one frame that the page shows now. */
  private static Figure figure(int data, int bits, String codes) {
    QuantizerSpec spec =
        QuantizerSpec.activations(
                bits, codes.equals("unsigned") ? CodeSign.UNSIGNED : CodeSign.SIGNED)
            .withSpan(codes.equals("narrow") ? CodeSpan.NARROW : CodeSpan.FULL)
            .withOffset(OffsetMode.REAL);
    double[] asFloats =
        Arrays.stream(PAGE.data().get(data).values()).map(value -> (float) value).toArray();
    Sweep unused = Sweep.ofOffsets(new Range(0, 1, 2), 1);
    return new Figure(0, new FigureData("page", asFloats), spec, unused, List.of(0));
  }

  private static FakeQuantizer.Gradients gradients(Figure figure, StepAndOffset setting) {
    double[] data = figure.data().values();
    FakeQuantizer quantizer = Measurement.quantizer(figure, setting);
    double[] upstream = quantizer.forward(data);
    for (int i = 0; i < data.length; i++) {
      upstream[i] = 2 * (upstream[i] - data[i]) / data.length;
    }
    return quantizer.backward(data, upstream, 1);
  }

  private record StepAndOffsetCurvature(double step, double offset) {}

  /** Twice the mean squares of d xHat / ds and d xHat / dz. */
  private static StepAndOffsetCurvature curvature(Figure figure, StepAndOffset setting) {
    FakeQuantizer quantizer = Measurement.quantizer(figure, setting);
    double step = 0;
    double offset = 0;
    for (double x : figure.data().values()) {
      FakeQuantizer.Gradients one = quantizer.backward(new double[] {x}, new double[] {1}, 1);
      step += 2 * one.step()[0] * one.step()[0] / figure.data().count();
      offset += 2 * one.offset()[0] * one.offset()[0] / figure.data().count();
    }
    return new StepAndOffsetCurvature(step, offset);
  }

  private static void assertShows(Figure figure, StepAndOffset setting) {
    Measurement expected = Measurement.of(figure, setting);
    assertEquals(expected.error(), shown("error"), WITHIN);
    assertEquals(expected.clippingError(), shown("clippingError"), WITHIN);
    assertEquals(expected.error() - expected.clippingError(), shown("roundingError"), WITHIN);
    assertEquals(expected.clipped(), shown("clipped"), WITHIN);
    assertEquals(expected.meanCode(), shown("meanCode"), WITHIN);
    assertEquals(expected.codeSpread(), shown("codeSpread"), WITHIN);
    assertEquals(expected.meanValue(), shown("meanValue"), WITHIN);
    assertEquals(figure.data().mean(), shown("meanData"), WITHIN);
    FakeQuantizer.Gradients gradients = gradients(figure, setting);
    assertEquals(gradients.step()[0], shown("stepGradient"), WITHIN);
    assertEquals(gradients.offset()[0], shown("offsetGradient"), WITHIN);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 3, signed, 1, 0",
    "0, 2, signed, 0.5, 0",
    "0, 2, signed, 1, 0.5",
    "0, 3, signed, 1, 3.5",
    "1, 4, narrow, 0.3, -0.2",
    "1, 8, signed, 0.02, 0.1",
    "2, 2, narrow, 2.5, -1.5",
    "2, 5, unsigned, 0.11, -1.7",
    "3, 4, unsigned, 0.15, 0",
    "3, 3, signed, 0.7, 1.25"
  })
  void numbersAreThoseOfTheLibrary(int data, int bits, String codes, double s, double z) {
    new Select(element("data")).selectByIndex(data);
    setBits(bits);
    choose("codes", codes);
    type("step", s);
    type("offset", z);

    assertEquals(s, shown("step"));
    assertEquals(z, shown("offset"));
    assertShows(figure(data, bits, codes), new StepAndOffset(s, z));
    browser.assertNothingLogged();
  }

  @ParameterizedTest
  @CsvSource({"stepSlider, step", "offsetSlider, offset"})
  void slidersMoveTheSettingAndItsNumbers(String slider, String value) {
    double before = shown(value);
    for (int i = 0; i < 20; i++) {
      element(slider).sendKeys(Keys.ARROW_RIGHT);
    }
    assertTrue(shown(value) > before, () -> before + " to " + shown(value));
    assertShows(figure(0, 3, "signed"), new StepAndOffset(shown("step"), shown("offset")));
  }

  @Test
  void symmetricMeansNoOffset() {
    type("offset", 1.5);
    choose("mode", "symmetric");

    assertEquals(0, shown("offset"));
    assertFalse(element("offset").isEnabled());
    element("descend").click();
    waitForMessage("Settled");
    assertEquals(0, shown("offset"));
  }

  @Test
  void aStepIsTheGradientStepOfLsq() {
    type("step", 1);
    type("offset", 2.5);
    double rate = 0.1;
    type("rate", rate);
    Figure figure = figure(0, 3, "signed");
    FakeQuantizer.Gradients gradients = gradients(figure, new StepAndOffset(1, 2.5));
    StepAndOffsetCurvature curvature = curvature(figure, new StepAndOffset(1, 2.5));
    element("oneStep").click();

    assertEquals(1 - rate * gradients.step()[0] / curvature.step, shown("step"), WITHIN);
    assertEquals(2.5 - rate * gradients.offset()[0] / curvature.offset, shown("offset"), WITHIN);
    assertShows(figure, new StepAndOffset(shown("step"), shown("offset")));
    assertTrue(element("message").getText().contains("s 1.000"), element("message").getText());
  }

  @ParameterizedTest
  @CsvSource({"2, 3", "3, 0.1", "4, 2", "8, 1"})
  void descendingSettlesWhereTheGradientVanishes(int bits, double start) {
    setBits(bits);
    type("step", start);
    double before = shown("error");
    element("descend").click();
    waitForMessage("Settled");

    assertTrue(shown("error") < before);
    assertEquals(0, shown("stepGradient"), 1e-3);
    assertTrue(element("descend").getText().contains("Descend"));
  }

  private static void waitForMessage(String text) {
    new WebDriverWait(browser.driver(), Duration.ofMinutes(2))
        .until(driver -> element("message").getText().contains(text));
  }

  @Test
  void theBestStepHasLeastError() {
    element("best").click();
    double best = shown("error");
    for (double factor : new double[] {0.7, 0.9, 1.1, 1.4}) {
      element("best").click();
      type("step", shown("step") * factor);
      assertTrue(shown("error") > best);
    }
  }

  @Test
  void nonsenseIsNotTaken() {
    double before = shown("step");
    type("step", -1);
    assertEquals(before, shown("step"));
    browser.assertNothingLogged();
  }

  @Test
  void thePageFitsAPhone() {
    browser.open(folder.resolve("interactive.html"), PHONE);
    browser.assertFitsWidth();
    browser.assertNothingLogged();
  }
}
