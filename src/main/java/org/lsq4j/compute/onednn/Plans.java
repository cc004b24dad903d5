package org.lsq4j.compute.onednn;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A kernel's primitives by the shape of its tensors, made when first asked for. Kept for a few
 * shapes at a time: training batch, its remainder, evaluation batch and its remainder, with room to
 * spare.
 *
 * @param <K> shape, with equality by value
 * @param <P> primitives
 */
final class Plans<K, P> {

  private static final int MOST = 8;

  private final Map<K, P> plans = new HashMap<>();

  P get(K shape, Supplier<P> maker) {
    P plan = plans.get(shape);
    if (plan == null) {
      if (plans.size() >= MOST) {
        plans.clear();
      }
      plan = maker.get();
      plans.put(shape, plan);
    }
    return plan;
  }
}
