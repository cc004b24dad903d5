package org.lsq4j.report.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class MessagesTest {

  private static Properties file(String name) throws IOException {
    try (InputStream stream = Messages.class.getResourceAsStream(name)) {
      Properties texts = new Properties();
      texts.load(new InputStreamReader(stream, StandardCharsets.UTF_8));
      return texts;
    }
  }

  private static Set<String> placeholders(Object text) {
    return Pattern.compile("\\{\\d}")
        .matcher((String) text)
        .results()
        .map(MatchResult::group)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void bothLanguagesSayTheSameThings() throws IOException {
    Properties english = file("messages.properties");
    Properties chinese = file("messages_zh.properties");

    assertEquals(english.keySet(), chinese.keySet());
    english.forEach(
        (key, text) ->
            assertEquals(
                placeholders(text), placeholders(chinese.get(key)), () -> "parts of " + key));
  }

  @Test
  void noTextHasAnApostrophe() throws IOException {
    for (String name : new String[] {"messages.properties", "messages_zh.properties"}) {
      file(name).forEach((key, text) -> assertFalse(((String) text).contains("'"), key.toString()));
    }
  }

  @Test
  void textsComeInTheirLanguageWhateverTheMachines() {
    java.util.Locale before = java.util.Locale.getDefault();
    try {
      java.util.Locale.setDefault(java.util.Locale.CHINA);
      assertEquals("data", Messages.in(Language.EN).get("legend.data"));
      java.util.Locale.setDefault(java.util.Locale.US);
      assertEquals("\u6570\u636e", Messages.in(Language.ZH).get("legend.data"));
    } finally {
      java.util.Locale.setDefault(before);
    }
  }

  @Test
  void partsAreFilledIn() {
    assertEquals("clipped 4.5 %", Messages.in(Language.EN).get("number.clipped", "4.5 %"));
    assertTrue(Messages.in(Language.EN).startingWith("legend.").containsKey("levels"));
  }
}
