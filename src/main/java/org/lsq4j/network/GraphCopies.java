package org.lsq4j.network;

import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.lsq4j.layer.AxisMergeVertex;

/** Copies the configurations of graphs. */
final class GraphCopies {

  private GraphCopies() {}

  /**
   * A copy whose layers can be changed. DL4J's clone forgets settings of some vertices, the axis of
   * a merge and the order of a reshape; the copy has them, and so have its own clones of merges.
   */
  static ComputationGraphConfiguration of(ComputationGraphConfiguration source) {
    ComputationGraphConfiguration copy = source.clone();
    copy.getVertices()
        .replaceAll(
            (name, vertex) ->
                vertex instanceof LayerVertex ? vertex : faithful(source.getVertices().get(name)));
    return copy;
  }

  /** Vertices that are no layers never change, so those of the source serve as they are. */
  private static GraphVertex faithful(GraphVertex vertex) {
    return vertex.getClass() == MergeVertex.class
        ? new AxisMergeVertex(((MergeVertex) vertex).getMergeAxis())
        : vertex;
  }
}
