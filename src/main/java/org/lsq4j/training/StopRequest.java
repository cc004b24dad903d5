package org.lsq4j.training;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** Asks a training to end at its next update. Any thread may do so. */
public final class StopRequest {

  private final AtomicReference<String> reason = new AtomicReference<>();

  /**
   * Asks for the end; the first reason counts.
   *
   * @param why such as a signal's name, for messages
   */
  public void request(String why) {
    reason.compareAndSet(null, why);
  }

  /** Why the training should end; empty if it should not. */
  public Optional<String> reason() {
    return Optional.ofNullable(reason.get());
  }
}
