package org.lsq4j.report.text;

import java.text.MessageFormat;
import java.util.Map;
import java.util.ResourceBundle;
import java.util.TreeMap;

/** The texts of figures and reports in one language. */
public final class Messages {

  private static final String BUNDLE = "org.lsq4j.report.text.messages";

  private final ResourceBundle bundle;
  private final Language language;

  private Messages(Language language) {
    this.language = language;
    this.bundle =
        ResourceBundle.getBundle(
            BUNDLE,
            language.locale(),
            ResourceBundle.Control.getNoFallbackControl(ResourceBundle.Control.FORMAT_PROPERTIES));
  }

  /** All texts of a language. */
  public static Messages in(Language language) {
    return new Messages(language);
  }

  /** The language. */
  public Language language() {
    return language;
  }

  /**
   * A text.
   *
   * @param key its name in messages.properties
   * @param parts what stands for {0}, {1} and so on; numbers as text, see {@link Numbers}
   */
  public String get(String key, String... parts) {
    String text = bundle.getString(key);
    return parts.length == 0 ? text : MessageFormat.format(text, (Object[]) parts);
  }

  /** All texts whose key starts with {@code prefix}, by what follows it: for scripts of pages. */
  public Map<String, String> startingWith(String prefix) {
    Map<String, String> texts = new TreeMap<>();
    for (String key : bundle.keySet()) {
      if (key.startsWith(prefix)) {
        texts.put(key.substring(prefix.length()), bundle.getString(key));
      }
    }
    return texts;
  }
}
