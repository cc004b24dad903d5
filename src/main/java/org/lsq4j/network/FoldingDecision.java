package org.lsq4j.network;

import java.util.Optional;

/**
 * What became of a batch norm when those that can be were folded.
 *
 * @param norm the batch norm's name
 * @param into the layer that it was folded into; empty if it stayed
 * @param reason why it stayed; for a folded one, what happened
 */
public record FoldingDecision(String norm, Optional<String> into, String reason) {

  static FoldingDecision folded(String norm, String layer) {
    return new FoldingDecision(norm, Optional.of(layer), "folded into " + layer);
  }

  static FoldingDecision kept(String norm, String reason) {
    return new FoldingDecision(norm, Optional.empty(), "not folded: " + reason);
  }

  @Override
  public String toString() {
    return norm + ": " + reason;
  }
}
