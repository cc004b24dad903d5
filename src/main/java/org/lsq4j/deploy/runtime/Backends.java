package org.lsq4j.deploy.runtime;

import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;

/** The backends on the class path. */
final class Backends {

  private Backends() {}

  /** All of them, the most preferred first. */
  static List<Backend> all() {
    return ServiceLoader.load(Backend.class, Backend.class.getClassLoader()).stream()
        .map(ServiceLoader.Provider::get)
        .sorted(Comparator.comparingInt(Backend::preference).reversed())
        .toList();
  }

  /** The most preferred one that works, or the named one. */
  static Backend choose(String name) {
    List<Backend> backends = all();
    if (name.equals(RuntimeOptions.AUTO)) {
      return backends.stream()
          .filter(backend -> backend.obstacle().isEmpty())
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("No backend works; there are " + backends));
    }
    Backend chosen =
        backends.stream()
            .filter(backend -> backend.name().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "backend: there is no '"
                            + name
                            + "'; use "
                            + RuntimeOptions.AUTO
                            + " or "
                            + backends.stream().map(Backend::name).toList()));
    if (!chosen.obstacle().isEmpty()) {
      throw new IllegalArgumentException("backend: " + name + " cannot work: " + chosen.obstacle());
    }
    return chosen;
  }
}
