package org.lsq4j.network;

import java.util.List;

/**
 * A network with folded batch norms.
 *
 * @param network the network, of the kind that the source was
 * @param decisions one for each batch norm, in computation order
 * @param <N> kind of network
 */
public record FoldedNetwork<N>(N network, List<FoldingDecision> decisions) {}
