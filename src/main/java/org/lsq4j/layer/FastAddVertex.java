package org.lsq4j.layer;

import java.util.Objects;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.layer.impl.FastAddVertexImpl;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * The addition at the end of a residual block: DL4J's {@link ElementWiseVertex} with {@code Add},
 * computed by the engine in one pass, a {@link Rectifier} behind it included. Inputs have one
 * shape; those that must be broadcast are left to DL4J's code.
 */
public class FastAddVertex extends ElementWiseVertex {

  private static final long serialVersionUID = 1L;

  private final Rectifier rectifier;

  /** A sum with a rectifier behind it. */
  public FastAddVertex(@JsonProperty("rectifier") Rectifier rectifier) {
    super(Op.Add);
    this.rectifier = Objects.requireNonNull(rectifier, "rectifier");
  }

  /** What is applied to the sum. */
  public Rectifier getRectifier() {
    return rectifier;
  }

  @Override
  public FastAddVertex clone() {
    return new FastAddVertex(rectifier);
  }

  @Override
  public GraphVertex instantiate(
      ComputationGraph graph,
      String name,
      int index,
      INDArray paramsView,
      boolean initializeParams,
      DataType dataType) {
    return new FastAddVertexImpl(graph, name, index, rectifier, dataType);
  }

  @Override
  public boolean equals(Object other) {
    return super.equals(other)
        && other instanceof FastAddVertex that
        && rectifier == that.rectifier;
  }

  @Override
  public int hashCode() {
    return Objects.hash(super.hashCode(), rectifier);
  }

  @Override
  public String toString() {
    return "FastAddVertex(rectifier=" + rectifier + ")";
  }
}
