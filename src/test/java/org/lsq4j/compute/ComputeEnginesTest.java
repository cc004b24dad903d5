package org.lsq4j.compute;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.lsq4j.compute.nd4j.Nd4jEngine;
import org.lsq4j.compute.profile.ProfilingEngine;
import org.nd4j.linalg.api.buffer.DataType;

class ComputeEnginesTest {

  private final String before = ComputeEngines.current().name();

  @AfterEach
  void restore() {
    ComputeEngines.use(before);
  }

  @Test
  void portableEngineIsTheLastResort() {
    List<String> names = ComputeEngines.names();
    assertEquals(Nd4jEngine.NAME, names.get(names.size() - 1));
  }

  @Test
  void usesTheNamedEngineWhateverTheCase() {
    ComputeEngines.use("ND4J");
    assertEquals(Nd4jEngine.NAME, ComputeEngines.current().name());
    assertSame(ComputeEngines.current(), ComputeEngines.current());
    assertTrue(ComputeEngines.current().description().startsWith(Nd4jEngine.NAME));
  }

  @Test
  void usesAnEngineThatSomebodyMade() {
    ComputeEngine engine = new ProfilingEngine(new Nd4jEngine());
    ComputeEngines.use(engine);
    assertSame(engine, ComputeEngines.current());
  }

  @Test
  void autoChoosesAnEngineOfTheList() {
    ComputeEngines.use(ComputeEngines.AUTO);
    assertTrue(ComputeEngines.names().contains(ComputeEngines.current().name()));
  }

  @Test
  void unknownNameIsRefusedWithTheKnownOnes() {
    ComputeEngine current = ComputeEngines.current();
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> ComputeEngines.use("gpu9"));
    assertTrue(error.getMessage().contains("gpu9"), error.getMessage());
    for (String name : ComputeEngines.names()) {
      assertTrue(error.getMessage().contains(name), error.getMessage());
    }
    assertSame(current, ComputeEngines.current(), "a refused choice changes nothing");
  }

  /** The portable engine is what the others fall back to. */
  @Test
  void portableEngineSupportsFloatAndDouble() {
    ComputeEngine portable = new Nd4jEngine();
    assertTrue(portable.supports(DataType.FLOAT));
    assertTrue(portable.supports(DataType.DOUBLE));
  }
}
