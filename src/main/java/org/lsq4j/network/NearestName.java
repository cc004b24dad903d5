package org.lsq4j.network;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Finds what was probably meant by a name that does not exist. */
public final class NearestName {

  private static final LevenshteinDistance DISTANCE = LevenshteinDistance.getDefaultInstance();

  private NearestName() {}

  /** The valid name with the fewest letters to change; empty if nothing is valid. */
  public static Optional<String> of(String name, Collection<String> valid) {
    return valid.stream().min(Comparator.comparingInt(other -> distance(name, other)));
  }

  private static int distance(String name, String other) {
    return DISTANCE.apply(name.toLowerCase(Locale.ROOT), other.toLowerCase(Locale.ROOT));
  }
}
