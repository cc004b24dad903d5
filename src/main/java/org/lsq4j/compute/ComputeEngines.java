package org.lsq4j.compute;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine this process computes with. Chosen when first asked for: the system property {@value
 * #PROPERTY} if it is set, else the most preferred one that works here.
 */
public final class ComputeEngines {

  /** System property that forces an engine by name. */
  public static final String PROPERTY = "lsq4j.engine";

  /** The name that leaves the choice to this class. */
  public static final String AUTO = "auto";

  private static final Logger log = LoggerFactory.getLogger(ComputeEngines.class);

  private static volatile ComputeEngine current;

  private ComputeEngines() {}

  /** The engine in use. */
  public static ComputeEngine current() {
    ComputeEngine engine = current;
    if (engine == null) {
      synchronized (ComputeEngines.class) {
        if (current == null) {
          current = create(System.getProperty(PROPERTY, AUTO));
        }
        engine = current;
      }
    }
    return engine;
  }

  /**
   * Changes the engine for layers created from now on; layers that exist keep theirs.
   *
   * @param name {@value #AUTO} or an engine's name
   * @throws IllegalArgumentException if there is no such engine
   * @throws EngineUnavailableException if the named engine cannot work here
   */
  public static void use(String name) {
    use(create(name));
  }

  /** Changes the engine for layers created from now on; layers that exist keep theirs. */
  public static void use(ComputeEngine engine) {
    Objects.requireNonNull(engine, "engine");
    synchronized (ComputeEngines.class) {
      current = engine;
    }
  }

  /** Names of the engines on the class path, the most preferred first. */
  public static List<String> names() {
    return providers().stream().map(ComputeEngineProvider::name).toList();
  }

  private static ComputeEngine create(String name) {
    if (name.equalsIgnoreCase(AUTO)) {
      return firstAvailable();
    }
    return providers().stream()
        .filter(provider -> provider.name().equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(unknown(name)))
        .create();
  }

  private static String unknown(String name) {
    String known = names().stream().collect(Collectors.joining(", "));
    return String.format(
        Locale.ROOT, "engine: unknown engine '%s'; use %s or one of: %s", name, AUTO, known);
  }

  private static ComputeEngine firstAvailable() {
    for (ComputeEngineProvider provider : providers()) {
      try {
        return provider.create();
      } catch (EngineUnavailableException e) {
        log.warn(
            "Engine {} does not work here, trying the next: {}", provider.name(), e.getMessage());
      }
    }
    throw new IllegalStateException("No compute engine works on this machine; tried " + names());
  }

  private static List<ComputeEngineProvider> providers() {
    return ServiceLoader.load(ComputeEngineProvider.class).stream()
        .map(ServiceLoader.Provider::get)
        .sorted(Comparator.comparingInt(ComputeEngineProvider::preference).reversed())
        .toList();
  }
}
