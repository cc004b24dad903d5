package org.lsq4j.compute.profile;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.lsq4j.compute.profile.KernelProfile.ConvolutionUse;
import org.lsq4j.compute.profile.KernelProfile.Total;

/** Adds up what kernels do. Calls that throw do not count. */
final class KernelRecorder {

  private final Map<KernelKind, Total> totals = new EnumMap<>(KernelKind.class);
  private final Map<ConvolutionCall, ConvolutionUse> convolutions = new LinkedHashMap<>();

  /** Runs a kernel and counts its time. */
  void run(KernelKind kind, Runnable kernel) {
    call(
        kind,
        () -> {
          kernel.run();
          return null;
        });
  }

  /** Runs a kernel that makes something and counts its time. */
  <T> T call(KernelKind kind, Supplier<T> kernel) {
    long started = System.nanoTime();
    T result = kernel.get();
    long nanos = System.nanoTime() - started;
    totals.put(kind, totals.getOrDefault(kind, Total.NONE).plusCall(nanos));
    return result;
  }

  /** Runs a convolution, counts its time and remembers what it was. */
  void convolve(ConvolutionCall call, ProfiledOperand x, ProfiledOperand weights, Runnable kernel) {
    run(call.pass().kind(), kernel);
    ConvolutionUse known = convolutions.get(call);
    convolutions.put(
        call,
        known == null
            ? new ConvolutionUse(call, 1, x.snapshot(), weights.snapshot())
            : known.plusCall());
  }

  KernelProfile profile() {
    return new KernelProfile(totals, new ArrayList<>(convolutions.values()));
  }

  void reset() {
    totals.clear();
    convolutions.clear();
  }
}
