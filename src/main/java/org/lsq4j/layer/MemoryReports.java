package org.lsq4j.layer;

import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.nn.conf.memory.MemoryReport;

/** What quantized layers tell of the memory they need. */
final class MemoryReports {

  private MemoryReports() {}

  static LayerMemoryReport of(FeedForwardLayer layer, InputType inputType) {
    InputType outputType = layer.getOutputType(-1, inputType);
    long params = layer.initializer().numParams(layer);
    int updaterState = (int) layer.getIUpdater().stateSize(params);
    // Training keeps u and xHat of the input quantizer and the pre-activation.
    long perExample =
        2 * inputType.arrayElementsPerExample() + outputType.arrayElementsPerExample();
    return new LayerMemoryReport.Builder(
            layer.getLayerName(), layer.getClass(), inputType, outputType)
        .standardMemory(params, updaterState)
        .workingMemory(0, 0, 0, perExample)
        .cacheMemory(MemoryReport.CACHE_MODE_ALL_ZEROS, MemoryReport.CACHE_MODE_ALL_ZEROS)
        .build();
  }
}
