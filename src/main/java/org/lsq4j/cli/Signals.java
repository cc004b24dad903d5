package org.lsq4j.cli;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Consumer;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Turns the signals that end a process into a request to end: Ctrl-C (INT), a supervisor's TERM,
 * and HUP of a closed terminal. A second one ends the process at once.
 *
 * <p>Java's shutdown hooks would not do: while they run, a second Ctrl-C waits for them.
 */
@SuppressWarnings("sunapi")
final class Signals implements AutoCloseable {

  /** What shells add to a signal's number. */
  private static final int EXIT_CODE = 128;

  private static final List<String> NAMES = List.of("INT", "TERM", "HUP");

  private final Consumer<String> request;
  private final Map<String, SignalHandler> before = new TreeMap<>();
  private volatile Signal first;

  /**
   * Listens until it is closed.
   *
   * @param request hears the name of the first signal, in a thread of its own
   */
  Signals(Consumer<String> request) {
    this.request = request;
    for (String name : NAMES) {
      try {
        before.put(name, Signal.handle(new Signal(name), this::arrived));
      } catch (IllegalArgumentException e) {
        // Windows has no HUP, and a Java with -Xrs keeps all of them to itself.
        continue;
      }
    }
  }

  private synchronized void arrived(Signal signal) {
    if (first != null) {
      Runtime.getRuntime().halt(EXIT_CODE + signal.getNumber());
    }
    first = signal;
    request.accept("SIG" + signal.getName());
  }

  /** The exit code that says which signal ended the process; empty without a signal. */
  OptionalInt exitCode() {
    Signal signal = first;
    return signal == null ? OptionalInt.empty() : OptionalInt.of(EXIT_CODE + signal.getNumber());
  }

  /** Signals do again what they did before. */
  @Override
  public void close() {
    before.forEach((name, handler) -> Signal.handle(new Signal(name), handler));
  }
}
