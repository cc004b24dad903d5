package org.lsq4j.report.figures;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lsq4j.quantizer.CodeSign;
import org.lsq4j.quantizer.QuantizerSpec;
import org.lsq4j.report.text.Language;
import org.lsq4j.report.text.Messages;

/** The words about a figure are true of that figure. */
class ClaimsTest {

  private static final Sampling SAMPLING = new Sampling(10_000, 1);
  private static final Messages ENGLISH = Messages.in(Language.EN);

  private static MeasuredFigure own(Optional<Range> steps, Optional<Range> offsets) {
    QuantizerSpec twoBits = QuantizerSpec.activations(2, CodeSign.SIGNED);
    Exploration exploration = new Exploration(twoBits, Optional.of(1.0), 0.5, steps, offsets);
    return MeasuredFigure.of(exploration.of(Distribution.NORMAL.draw(0, SAMPLING)));
  }

  private static void assertContains(String text, String part) {
    assertTrue(text.contains(part), text);
  }

  @ParameterizedTest
  @CsvSource({
    "1, codes shift left, window has left the data",
    "2, codes shift left, Nowhere in this sweep",
    "5, codes shift right, The return holds from z = -1.",
    "7, codes gather at 0, / 4.00 = -0.50",
    "9, codes gather at the two edges, A finer step is not a smaller error",
    "10, U-shaped, both have a larger error"
  })
  void figuresSayWhatTheyShowAndWhereItEnds(int number, String claim, String limit) {
    MeasuredFigure figure = MeasuredFigure.of(TenFigures.of(List.of(number), SAMPLING).get(0));
    Claims claims = new Claims(figure, ENGLISH);
    assertContains(claims.claim(), claim);
    assertContains(claims.limit(), limit);
  }

  @Test
  void aSweepThatNeverLeavesTheDataIsToldSo() {
    MeasuredFigure figure = own(Optional.empty(), Optional.of(new Range(0.4, 0.6, 3)));
    assertContains(new Claims(figure, ENGLISH).limit(), "In the whole sweep it holds");
  }

  @Test
  void aSweepThatEndsAtItsBestStepIsToldSo() {
    MeasuredFigure figure = own(Optional.of(new Range(3, 1, 5)), Optional.empty());
    assertContains(new Claims(figure, ENGLISH).limit(), "in this sweep it is");
  }

  @Test
  void noUIsSeenWhereTheBestIsAnEnd() {
    MeasuredFigure figure =
        own(Optional.of(new Range(1, 3, 5)), Optional.of(new Range(0.5, 1.5, 5)));
    Claims claims = new Claims(figure, ENGLISH);
    assertContains(claims.claim(), "at an end of the sweep, (s, z) = (1.00, 0.50)");
    assertContains(claims.limit(), "other side");
  }

  @Test
  void coarseStepsAreNotTakenForClipping() {
    QuantizerSpec bits = QuantizerSpec.activations(4, CodeSign.SIGNED);
    MeasuredFigure figure =
        MeasuredFigure.of(
            new Exploration(
                    bits, Optional.of(8.0), 0, Optional.empty(), Optional.of(new Range(0, 2, 3)))
                .of(Distribution.NORMAL.draw(0, SAMPLING)));
    assertContains(
        new Captions(figure, ENGLISH).note(figure.last()), "rounding alone moves the mean");
  }
}
