package org.lsq4j.deploy.export;

/**
 * What a layer of the network became.
 *
 * @param node the graph's node
 * @param layout of DL4J's activations
 * @param order for vectors that were channels-first images: the place in DL4J's vector of each
 *     element of the graph's; null if they are alike
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared or changed
record Value(int node, Layout layout, int[] order) {

  static Value of(int node, Layout layout) {
    return new Value(node, layout, null);
  }

  Value withNode(int newNode) {
    return new Value(newNode, layout, order);
  }

  /** Where DL4J has an element of the graph's vector. */
  int dl4jIndex(int index) {
    return order == null ? index : order[index];
  }
}
