package org.lsq4j.compute.nd4j;

import org.lsq4j.compute.ComputeEngine;
import org.lsq4j.compute.ComputeEngineProvider;

/** Offers the portable engine, as the last resort. */
public final class Nd4jEngineProvider implements ComputeEngineProvider {

  @Override
  public String name() {
    return Nd4jEngine.NAME;
  }

  @Override
  public int preference() {
    return 0;
  }

  @Override
  public ComputeEngine create() {
    return new Nd4jEngine();
  }
}
