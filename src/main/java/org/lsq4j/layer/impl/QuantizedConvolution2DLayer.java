package org.lsq4j.layer.impl;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.Predicate;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.util.ConvolutionUtils;
import org.lsq4j.compute.ConvolutionGeometry;
import org.lsq4j.compute.FormedTensor;
import org.lsq4j.compute.LinearKernel;
import org.lsq4j.compute.Operand;
import org.lsq4j.compute.TensorForm;
import org.lsq4j.layer.InputGradient;
import org.lsq4j.layer.QuantizedConvolution2D;
import org.lsq4j.layer.WindowSettings;
import org.lsq4j.layer.params.QuantizedParamInitializer;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Computes {@link QuantizedConvolution2D}. */
public class QuantizedConvolution2DLayer extends QuantizedBaseLayer<QuantizedConvolution2D> {

  private static final long serialVersionUID = 1L;

  private static final Predicate<INDArray> NEEDS_PLAIN = result -> false;

  private transient ConvolutionGeometry geometry;
  private transient LinearKernel kernel;
  private transient long[] inputShape;
  private transient FormedTensor announced;
  private transient Predicate<INDArray> readerInTraining = NEEDS_PLAIN;

  /** A layer without parameters yet. */
  public QuantizedConvolution2DLayer(NeuralNetConfiguration conf, DataType dataType) {
    super(conf, dataType);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    announced = null;
    applyDropOutIfNecessary(training, workspaces);
    INDArray x = inputImage(workspaces, training);
    inputShape = x.shape();
    long[] shape = prepareFor(x, input.shape());
    INDArray y = workspaces.createUninitialized(ArrayType.ACTIVATIONS, dataType, shape, 'c');
    return fromImage(forward(kernel, x, y, training, workspaces));
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    assertInputSet(true);
    boolean isHandedOn = layerConf().getInputGradient() == InputGradient.COMPUTED;
    INDArray dx =
        isHandedOn
            ? workspaces.createUninitialized(ArrayType.ACTIVATION_GRAD, dataType, inputShape, 'c')
            : null;
    Gradient gradient =
        announced == null
            ? backward(kernel, toImage(epsilon.castTo(dataType)), dx)
            : backwardFrom(kernel, takeAnnounced(epsilon), dx);
    return new Pair<>(gradient, isHandedOn ? backpropDropOutIfPresent(fromImage(dx)) : null);
  }

  /**
   * Says who reads the results from now on while training; these must be without an activation
   * function.
   *
   * @param takesAnyForm whether a result, not written yet, is read in any form
   */
  void setReader(Predicate<INDArray> takesAnyForm) {
    readerInTraining = takesAnyForm;
  }

  /** Whoever reads the results needs them as they are. */
  void forgetReader() {
    readerInTraining = NEEDS_PLAIN;
  }

  @Override
  TensorReader reader(INDArray y, boolean training) {
    return training && readerInTraining.test(y)
        ? TensorReader.OF_ANY_FORM
        : TensorReader.OF_PLAIN_TENSORS;
  }

  /** The last result, in the form that it has. */
  FormedTensor result(INDArray y) {
    return HandedOn.received(
        y, lastProduct(), () -> "The reader of layer " + layerConf().getLayerName());
  }

  /**
   * The form of the next input that takes least time, if it is not quantized.
   *
   * @param x of its shape and type
   */
  TensorForm preferredInputForm(INDArray x) {
    prepareFor(x, x.shape());
    return kernel
        .forwardForms(Operand.plain(x), Operand.plain(getParam(QuantizedParamInitializer.WEIGHT)))
        .input();
  }

  /** The form of dL/dz that takes least time now, for a layer behind that makes it. */
  TensorForm preferredForm() {
    return preferredForm(kernel);
  }

  /** Says in which form the next dL/dz will come. */
  void announce(FormedTensor dz) {
    announced = dz;
  }

  private FormedTensor takeAnnounced(INDArray epsilon) {
    FormedTensor taken = announced;
    announced = null;
    if (taken.array() != epsilon) {
      throw new IllegalStateException(
          "Layer "
              + layerConf().getLayerName()
              + ": the batch norm joined with it announced another gradient than the one that"
              + " arrived; start Java with -Dlsq4j.joints=never");
    }
    return taken;
  }

  /** The input as an image that lives until the backward pass. */
  INDArray inputImage(LayerWorkspaceMgr workspaces, boolean training) {
    return LayerMemory.cast(input, dataType, workspaces, training);
  }

  /** Values as an image [N, C, H, W] or [N, H, W, C]. */
  INDArray toImage(INDArray values) {
    return values;
  }

  /** The reverse of {@link #toImage}. */
  INDArray fromImage(INDArray image) {
    return image;
  }

  /**
   * Gets ready for an input.
   *
   * @param x as an image
   * @param given shape of the input, for messages
   * @return shape of the output
   */
  private long[] prepareFor(INDArray x, long... given) {
    requireMatchingInput(x, given);
    long[] shape = outputShape(x.shape());
    ConvolutionGeometries.requireOutput(
        layerConf().getLayerName(), WindowSettings.of(layerConf()), given, shape);
    useGeometryFor(x.shape());
    return shape;
  }

  private void requireMatchingInput(INDArray x, long... given) {
    int axis = ConvolutionGeometries.channelAxis(layerConf());
    if (x.rank() != 4 || x.size(axis) != layerConf().getNIn()) {
      throw new DL4JInvalidInputException(
          String.format(
              Locale.ROOT,
              "Layer %s expects %d channels on axis %d of a %s image, got shape %s",
              layerConf().getLayerName(),
              layerConf().getNIn(),
              axis,
              layerConf().getCnn2dDataFormat(),
              Arrays.toString(given)));
    }
  }

  private void useGeometryFor(long[] shape) {
    ConvolutionGeometry wanted = geometryFor(shape);
    if (!wanted.equals(geometry)) {
      geometry = wanted;
      kernel = newKernel(wanted);
    }
  }

  /** How the kernel moves for an input of a shape. */
  ConvolutionGeometry geometryFor(long[] shapeOfInput) {
    return ConvolutionGeometries.of(layerConf(), shapeOfInput);
  }

  /** Shape of the output for an input of a shape. */
  long[] outputShape(long[] shapeOfInput) {
    return geometryFor(shapeOfInput).outputShape(shapeOfInput, layerConf().getNOut());
  }

  /** The operation itself. */
  LinearKernel newKernel(ConvolutionGeometry wanted) {
    return engine().convolution(wanted);
  }

  @Override
  public Pair<INDArray, MaskState> feedForwardMaskArray(
      INDArray mask, MaskState currentMaskState, int minibatchSize) {
    if (mask == null) {
      return new Pair<>(null, currentMaskState);
    }
    return new Pair<>(reduceMask(mask, layerConf()), currentMaskState);
  }

  /** The mask of the output for a mask of the input. */
  INDArray reduceMask(INDArray mask, QuantizedConvolution2D conf) {
    return ConvolutionUtils.cnn2dMaskReduction(
        mask,
        conf.getKernelSize(),
        conf.getStride(),
        conf.getPadding(),
        conf.getDilation(),
        conf.getConvolutionMode());
  }

  @Override
  public void clear() {
    super.clear();
    announced = null;
  }

  @Override
  public Type type() {
    return Type.CONVOLUTIONAL;
  }
}
