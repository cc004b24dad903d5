package org.lsq4j.layer;

import java.util.Objects;
import org.deeplearning4j.nn.conf.graph.MergeVertex;

/**
 * DL4J's {@link MergeVertex}, whose clone keeps the axis. DL4J's own merges along axis 1 again,
 * which is wrong for images in NHWC and sequences in NWC.
 */
public final class AxisMergeVertex extends MergeVertex {

  private static final long serialVersionUID = 1L;

  /** For JSON only. */
  public AxisMergeVertex() {}

  /** Merges along an axis of the batch: 1 in NCHW, 3 in NHWC. */
  public AxisMergeVertex(int axis) {
    setMergeAxis(axis);
  }

  @Override
  public AxisMergeVertex clone() {
    return new AxisMergeVertex(getMergeAxis());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AxisMergeVertex that && getMergeAxis() == that.getMergeAxis();
  }

  @Override
  public int hashCode() {
    return Objects.hash(AxisMergeVertex.class.getName(), getMergeAxis());
  }

  @Override
  public String toString() {
    return "AxisMergeVertex(" + getMergeAxis() + ")";
  }
}
