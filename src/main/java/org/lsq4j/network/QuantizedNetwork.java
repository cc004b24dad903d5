package org.lsq4j.network;

import java.util.List;

/**
 * The result of a conversion.
 *
 * @param network the quantized network; its steps are not initialised yet
 * @param decisions one for each layer, in computation order
 * @param <N> kind of network
 */
public record QuantizedNetwork<N>(N network, List<LayerDecision> decisions) {}
