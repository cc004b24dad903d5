package org.lsq4j.compute.onednn;

import org.lsq4j.compute.ComputeEngine;
import org.lsq4j.compute.ComputeEngineProvider;
import org.lsq4j.compute.EngineUnavailableException;
import org.lsq4j.compute.dnnl.DnnlRuntime;
import org.nd4j.linalg.factory.Nd4j;

/** Offers the oneDNN engine where its library loads and ND4J computes on the CPU. */
public final class OneDnnEngineProvider implements ComputeEngineProvider {

  @Override
  public String name() {
    return OneDnnEngine.NAME;
  }

  @Override
  public int preference() {
    return 10;
  }

  @Override
  public ComputeEngine create() {
    String backend = Nd4j.getExecutioner().getEnvironmentInformation().getProperty("backend");
    if (!"CPU".equalsIgnoreCase(backend)) {
      throw new EngineUnavailableException(
          "ND4J computes on " + backend + ", not on the CPU", null);
    }
    Policies policies = Policies.current();
    try {
      DnnlRuntime.get();
      return new OneDnnEngine(policies);
    } catch (LinkageError | RuntimeException e) {
      throw new EngineUnavailableException("oneDNN does not load: " + e, e);
    }
  }
}
