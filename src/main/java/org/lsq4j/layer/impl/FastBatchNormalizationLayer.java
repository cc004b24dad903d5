package org.lsq4j.layer.impl;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.params.BatchNormalizationParamInitializer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.lsq4j.compute.BatchNormGradients;
import org.lsq4j.compute.BatchNormKernel;
import org.lsq4j.compute.BatchNormTensors;
import org.lsq4j.compute.ComputeEngine;
import org.lsq4j.compute.ComputeEngines;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.JoinedNormKernel;
import org.lsq4j.compute.JoinedNormKernel.Normalized;
import org.lsq4j.compute.Rectifier;
import org.lsq4j.compute.ReusedMemory;
import org.lsq4j.layer.FastBatchNormalization;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Computes {@link FastBatchNormalization}. As in DL4J, the running statistics are parameters with
 * an updater that does nothing, and the backward pass writes their change as a gradient.
 */
public final class FastBatchNormalizationLayer extends BaseLayer<FastBatchNormalization> {

  private static final long serialVersionUID = 1L;

  /** Keeps log10 of the standard deviation of a constant channel finite. */
  private static final double SMALLEST_VARIANCE = 1e-12;

  private final transient ComputeEngine engine = ComputeEngines.current();
  private final transient ReusedMemory memory = new ReusedMemory();
  private final transient NormJoints joints = new NormJoints(() -> layerConf().getLayerName());
  private transient BatchNormKernel kernel;
  private transient Optional<JoinedNormKernel> joined = Optional.empty();
  private transient int kernelAxis = -1;
  private transient BatchNormTensors used;
  private transient INDArray usedInput;
  private transient INDArray usedOutput;
  private transient boolean usedBatchStatistics;
  private transient BatchStatisticsObserver observer = BatchStatisticsObserver.NONE;

  /** A layer without parameters yet. */
  public FastBatchNormalizationLayer(NeuralNetConfiguration conf, DataType dataType) {
    super(conf, dataType);
  }

  /**
   * Shows the statistics of every batch to an observer from now on, and normalizes with them in
   * inference as well; {@link BatchStatisticsObserver#NONE} stops that.
   */
  public void setStatisticsObserver(BatchStatisticsObserver newObserver) {
    observer = Objects.requireNonNull(newObserver, "observer");
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    INDArray x =
        asImage(LayerMemory.cast(input, dataType, workspaces, training), workspaces, training);
    useKernelFor(x, input.shape());
    INDArray y = workspaces.createUninitialized(ArrayType.ACTIVATIONS, dataType, x.shape(), 'c');
    memory.rewind();
    BatchNormTensors tensors = tensors();
    used = tensors;
    usedInput = x;
    usedOutput = y;
    usedBatchStatistics = training || observer != BatchStatisticsObserver.NONE;
    joints.forget();
    if (usedBatchStatistics) {
      if (!training || !forwardJoined(joints.input(x), y)) {
        kernel.forwardTraining(x, tensors, y);
      }
      observer.observe(tensors.mean(), tensors.variance(), x.length() / x.size(kernelAxis));
    } else {
      loadRunningStatistics(tensors);
      kernel.forwardInference(x, tensors, y);
    }
    return asInput(y);
  }

  /** Computes together with the layer behind, if there is one to join; returns whether it did. */
  private boolean forwardJoined(FormedTensor x, INDArray y) {
    return joined
        .map(each -> joints.forward(each, new Normalized(x, used), layerConf().getRectifier(), y))
        .orElse(false);
  }

  /** Whether an input of this shape and type, not written yet, is read in any form. */
  private boolean takesAnyForm(INDArray x) {
    useKernelFor(x, x.shape());
    return joined
        .map(each -> joints.takesAnyForm(each, x, layerConf().getRectifier()))
        .orElse(false);
  }

  /** The layers that this one computes together with. */
  NormJoints joints() {
    return joints;
  }

  /** Writes the result after all that the sum behind was to add itself. */
  void finishAlone() {
    FormedTensor x = joints.input(usedInput);
    if (!x.isPlain()) {
      // In the same memory: the backward pass reads it once more.
      usedInput.assign(x.values());
    }
    joints.forget();
    kernel.forwardTraining(usedInput, used, usedOutput);
  }

  /**
   * Computes in training together with the input quantizer of the convolution behind, or hands it
   * the result in the form of this layer's input; it reads nothing but this layer's result, and is
   * its only reader.
   */
  public void joinBehind(QuantizedConvolution2DLayer behind) {
    joints.joinBehind(behind);
  }

  /**
   * Takes x and makes dL/dx in training as the convolution before likes it, which gives its result,
   * without an activation function, to this layer only.
   */
  public void joinBefore(QuantizedConvolution2DLayer before) {
    joints.joinBefore(before, this::takesAnyForm);
  }

  /** Computes alone again. */
  public void separate() {
    joints.separate();
  }

  /** A sequence [N, C, T] is an image of width 1; anything else is taken as it is. */
  private static INDArray asImage(INDArray values, LayerWorkspaceMgr workspaces, boolean training) {
    if (values.rank() != 3) {
      return values;
    }
    return LayerMemory.rowMajor(values, workspaces, training)
        .reshape('c', values.size(0), values.size(1), values.size(2), 1);
  }

  /** The reverse of {@link #asImage}. */
  private INDArray asInput(INDArray image) {
    return image.rank() == input.rank() ? image : image.reshape('c', input.shape());
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    assertInputSet(true);
    INDArray dx =
        workspaces.createUninitialized(ArrayType.ACTIVATION_GRAD, dataType, usedInput.shape(), 'c');
    INDArray dy = asImage(epsilon.castTo(dataType), workspaces, true);
    if (usedBatchStatistics) {
      BatchNormGradients targets = gradientTargets(dx);
      if (!joints.backward(dy, targets)) {
        kernel.backward(usedInput, used, dy, targets);
      }
      writeStatisticsUpdate();
    } else {
      backwardWithFixedStatistics(dy, dx);
    }
    Gradient gradient = LayerGradients.of(gradientViews, 'c');
    return new Pair<>(gradient, asInput(dx));
  }

  /**
   * A frozen layer runs in inference mode while training: dx = gamma dy / sqrt(var + epsilon),
   * where the rectifier passed.
   */
  private void backwardWithFixedStatistics(INDArray dy, INDArray dx) {
    INDArray passed = memory.allocate(dataType, dx.shape());
    engine.sum(layerConf().getRectifier()).backward(usedOutput, dy, List.of(passed));
    INDArray zeros = scratch().assign(0);
    BatchNormTensors slope = new BatchNormTensors(used.gamma(), zeros, zeros, used.variance());
    engine
        .batchNorm(kernelAxis, layerConf().getEps(), Rectifier.NONE)
        .forwardInference(passed, slope, dx);
    gradientViews.values().forEach(view -> view.assign(0));
  }

  private void useKernelFor(INDArray x, long... given) {
    boolean channelsLast = given.length == 4 && layerConf().getCnn2DFormat() == CNN2DFormat.NHWC;
    int axis = channelsLast ? 3 : 1;
    boolean fits = (x.rank() == 2 || x.rank() == 4) && x.size(axis) == layerConf().getNOut();
    if (!fits) {
      throw new DL4JInvalidInputException(
          String.format(
              Locale.ROOT,
              "Layer %s normalizes %d channels of [N, C], [N, C, T] or %s input, got shape %s",
              layerConf().getLayerName(),
              layerConf().getNOut(),
              layerConf().getCnn2DFormat(),
              Arrays.toString(given)));
    }
    if (axis != kernelAxis) {
      kernelAxis = axis;
      kernel = engine.batchNorm(axis, layerConf().getEps(), layerConf().getRectifier());
      joined = kernel.joined();
    }
  }

  private BatchNormTensors tensors() {
    boolean locked = layerConf().isLockGammaBeta();
    INDArray gamma = locked ? scratch() : getParam(BatchNormalizationParamInitializer.GAMMA);
    INDArray beta = locked ? scratch() : getParam(BatchNormalizationParamInitializer.BETA);
    if (locked) {
      gamma.assign(layerConf().getGamma());
      beta.assign(layerConf().getBeta());
    }
    return new BatchNormTensors(gamma, beta, scratch(), scratch());
  }

  private BatchNormGradients gradientTargets(INDArray dx) {
    return layerConf().isLockGammaBeta()
        ? new BatchNormGradients(dx, scratch(), scratch())
        : new BatchNormGradients(
            dx,
            gradientViews.get(BatchNormalizationParamInitializer.GAMMA),
            gradientViews.get(BatchNormalizationParamInitializer.BETA));
  }

  private INDArray scratch() {
    return memory.allocate(dataType, layerConf().getNOut());
  }

  private void loadRunningStatistics(BatchNormTensors tensors) {
    tensors.mean().assign(getParam(BatchNormalizationParamInitializer.GLOBAL_MEAN));
    for (int channel = 0; channel < tensors.variance().length(); channel++) {
      tensors.variance().putScalar(channel, runningVariance(channel));
    }
  }

  /**
   * Replaces the running statistics.
   *
   * @param mean of each channel
   * @param variance population variance of each channel, stored in the form the layer has
   */
  public void setRunningStatistics(double[] mean, double[] variance) {
    INDArray means = getParam(BatchNormalizationParamInitializer.GLOBAL_MEAN);
    for (int channel = 0; channel < mean.length; channel++) {
      means.putScalar(channel, mean[channel]);
      deviation().putScalar(channel, stored(variance[channel]));
    }
  }

  /** A variance in the form in which the layer stores it. */
  private double stored(double variance) {
    return layerConf().isUseLogStd()
        ? 0.5 * Math.log10(Math.max(variance, SMALLEST_VARIANCE))
        : variance;
  }

  private double runningVariance(int channel) {
    return layerConf().isUseLogStd()
        ? Math.pow(10, 2 * deviation().getDouble(channel))
        : deviation().getDouble(channel);
  }

  private INDArray deviation() {
    return getParam(deviationKey());
  }

  private String deviationKey() {
    return layerConf().isUseLogStd()
        ? BatchNormalizationParamInitializer.GLOBAL_LOG_STD
        : BatchNormalizationParamInitializer.GLOBAL_VAR;
  }

  /** The updater subtracts these: old - (decay old + (1 - decay) batch). */
  private void writeStatisticsUpdate() {
    double keep = layerConf().getDecay();
    INDArray mean = getParam(BatchNormalizationParamInitializer.GLOBAL_MEAN);
    INDArray meanUpdate = gradientViews.get(BatchNormalizationParamInitializer.GLOBAL_MEAN);
    INDArray deviationUpdate = gradientViews.get(deviationKey());
    for (int channel = 0; channel < mean.length(); channel++) {
      double change = mean.getDouble(channel) - used.mean().getDouble(channel);
      meanUpdate.putScalar(channel, (1 - keep) * change);
      double variance =
          keep * runningVariance(channel) + (1 - keep) * used.variance().getDouble(channel);
      deviationUpdate.putScalar(channel, deviation().getDouble(channel) - stored(variance));
    }
  }

  @Override
  public boolean updaterDivideByMinibatch(String paramName) {
    return !paramName.equals(BatchNormalizationParamInitializer.GLOBAL_MEAN)
        && !paramName.equals(deviationKey());
  }

  @Override
  public Type type() {
    return Type.NORMALIZATION;
  }

  @Override
  public boolean isPretrainLayer() {
    return false;
  }

  @Override
  public void clear() {
    super.clear();
    joints.forget();
    used = null;
    usedInput = null;
    usedOutput = null;
  }
}
