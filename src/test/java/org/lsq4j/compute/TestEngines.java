package org.lsq4j.compute;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.provider.Arguments;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * Every engine on the class path, for tests of what all of them promise. A test is skipped, with
 * the reason, only if the engine itself says that it cannot.
 */
public final class TestEngines {

  /** The element types that are tested. */
  static final List<DataType> TYPES = List.of(DataType.FLOAT, DataType.DOUBLE);

  private TestEngines() {}

  /** Every engine's name with every case: {@code (engine, case)}. */
  static Stream<Arguments> with(List<?> cases) {
    return ComputeEngines.names().stream()
        .flatMap(name -> cases.stream().map(item -> Arguments.of(name, item)));
  }

  /** Every engine's name with every type and every case: {@code (engine, type, case)}. */
  static Stream<Arguments> withTypes(List<?> cases) {
    Function<DataType, Stream<Arguments>> ofType =
        type -> with(cases).map(a -> Arguments.of(a.get()[0], type, a.get()[1]));
    return TYPES.stream().flatMap(ofType);
  }

  /** The engine, or an aborted test where it does not work. */
  public static ComputeEngine engine(String name, DataType type) {
    ComputeEngine engine = create(name);
    Assumptions.assumeTrue(
        engine.supports(type), () -> "engine " + name + " does not compute in " + type);
    return engine;
  }

  private static ComputeEngine create(String name) {
    String before = ComputeEngines.current().name();
    try {
      ComputeEngines.use(name);
      return ComputeEngines.current();
    } catch (EngineUnavailableException e) {
      return Assumptions.abort("engine " + name + " does not work here: " + e.getMessage());
    } finally {
      ComputeEngines.use(before);
    }
  }
}
