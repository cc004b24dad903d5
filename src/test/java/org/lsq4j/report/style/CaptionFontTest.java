package org.lsq4j.report.style;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lsq4j.report.text.Language;
import org.lsq4j.report.text.Messages;

class CaptionFontTest {

  @ParameterizedTest
  @EnumSource(Language.class)
  void everyCharacterOfTheTextsHasAGlyph(Language language) {
    Messages.in(language)
        .startingWith("")
        .forEach(
            (key, text) -> {
              int missing = CaptionFont.plain(17).canDisplayUpTo(text);
              assertEquals(
                  -1,
                  missing,
                  () ->
                      key
                          + ": the font lacks '"
                          + text.substring(missing)
                          + "'; run scripts/make-caption-font.sh");
            });
  }

  @org.junit.jupiter.api.Test
  void usersTextsGetAnotherFontIfTheyNeedOne() {
    assertEquals(CaptionFont.plain(17), CaptionFont.plainFor("conv1 weights", 17));
    assertEquals("SansSerif", CaptionFont.plainFor("\u0416\u0438\u0432\u0435", 17).getName());
  }
}
