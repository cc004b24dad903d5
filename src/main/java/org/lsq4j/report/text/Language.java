package org.lsq4j.report.text;

import java.util.Locale;

/** Languages of captions and pages. */
public enum Language {
  /** English. */
  EN(Locale.ENGLISH),
  /** Simplified Chinese. */
  ZH(Locale.SIMPLIFIED_CHINESE);

  private final Locale locale;

  Language(Locale locale) {
    this.locale = locale;
  }

  Locale locale() {
    return locale;
  }

  /** The tag of HTML's {@code lang} attribute: {@code en}, {@code zh-CN}. */
  public String tag() {
    return locale.toLanguageTag();
  }
}
