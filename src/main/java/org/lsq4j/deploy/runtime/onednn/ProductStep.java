package org.lsq4j.deploy.runtime.onednn;

import java.util.List;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.lsq4j.compute.Size2D;
import org.lsq4j.compute.dnnl.Descriptors;
import org.lsq4j.compute.dnnl.DnnlRuntime;
import org.lsq4j.deploy.graph.Operation.Product;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.deploy.graph.Shape;
import org.lsq4j.deploy.graph.Weights;
import org.lsq4j.deploy.runtime.Step;
import org.lsq4j.deploy.runtime.portable.Addends;
import org.lsq4j.deploy.runtime.portable.ProductShape;

/**
 * A convolution, or a dense layer as one of images of one pixel, on 8-bit codes with sums of 32
 * bits. Where all pixels have the same addends, scaling and all that follows is done by the same
 * primitive; else the addends, which are the same for all examples, are added by a second one.
 */
final class ProductStep implements NativeStep {

  private static final String SCALED = "scaled";
  private static final String PRIMITIVE = "primitive";

  private static final int IMAGE_RANK = 4;

  /** Scales differ along the second axis, the channels. */
  private static final int PER_CHANNEL = 1 << 1;

  private final Step step;
  private final ProductShape shape;
  private final memory.desc input;
  private final memory.desc output;
  private final memory.desc scaled;
  private final memory.desc scratchpad;
  private final convolution_forward operation;
  private final memory weights;
  private final boolean isUniform;
  private final FloatPointer addends;
  private final memory.desc addendLayout;
  private final PostOperations finish;
  private final binary addition;

  ProductStep(Step step, int examples) {
    this.step = step;
    shape = ProductShape.of(step);
    input = Layouts.of(step.input(), examples);
    output = Layouts.image(Layouts.type(step.output().tensor()), shape.output(), examples);
    scaled = Layouts.image(memory.data_type.f32, shape.output(), examples);
    Addends values = shape.addends(step);
    isUniform = values.areUniform();
    Shape each = isUniform ? Shape.vector(shape.output().channels()) : shape.output();
    addends = numbers(values, each);
    addendLayout = Layouts.image(memory.data_type.f32, each, 1);
    finish = new PostOperations();
    if (isUniform) {
      finish.add(addendLayout, addends);
    }
    finish.finish(step.finish(), IMAGE_RANK);
    convolution_forward.primitive_desc chosen = description();
    scratchpad = chosen.scratchpad_desc();
    operation = new convolution_forward(chosen);
    weights = weights(chosen.weights_desc());
    addition =
        isUniform
            ? null
            : ElementSteps.binary(
                dnnl.algorithm.binary_add, List.of(scaled, addendLayout, output), finish);
  }

  private Product product() {
    return (Product) step.operation();
  }

  private static FloatPointer numbers(Addends values, Shape each) {
    FloatPointer numbers = new FloatPointer(each.size());
    int channels = each.channels();
    for (int pixel = 0; pixel < each.pixels(); pixel++) {
      float[] addend = values.at(pixel / each.width(), pixel % each.width());
      numbers.position((long) pixel * channels).put(addend, 0, channels);
    }
    return numbers.position(0);
  }

  private convolution_forward.primitive_desc description() {
    Size2D stride = shape.window().stride();
    Size2D dilation = shape.window().dilation();
    return new convolution_forward.primitive_desc(
        new convolution_forward.desc(
            dnnl.prop_kind.forward_inference.value,
            dnnl.algorithm.convolution_direct.value,
            input,
            Descriptors.any(memory.data_type.s8, weightSizes()),
            isUniform ? output : scaled,
            new long[] {stride.height(), stride.width()},
            // oneDNN counts the pixels between taps.
            new long[] {dilation.height() - 1L, dilation.width() - 1L},
            Paddings.before(shape.window()),
            Paddings.behind(shape.window(), shape.input(), shape.output())),
        attributes(),
        DnnlRuntime.get().cpu());
  }

  private primitive_attr attributes() {
    primitive_attr attributes = DnnlRuntime.get().attributes();
    attributes.set_output_scales(PER_CHANNEL, multipliers());
    if (isUniform) {
      attributes.set_post_ops(finish.operations());
    }
    return attributes;
  }

  private float[] multipliers() {
    Quantizer quantizer = step.input().tensor().quantizer().orElseThrow();
    float[] multipliers = new float[shape.output().channels()];
    for (int channel = 0; channel < multipliers.length; channel++) {
      multipliers[channel] = product().multiplier(quantizer, channel);
    }
    return multipliers;
  }

  /** [O, I, kH, kW], or [G, O / G, I / G, kH, kW]. */
  private long[] weightSizes() {
    Size2D kernel = shape.window().kernel();
    int groups = shape.groups();
    return groups == 1
        ? new long[] {
          shape.output().channels(), shape.input().channels(), kernel.height(), kernel.width()
        }
        : new long[] {
          groups, shape.groupOutputs(), shape.groupInputs(), kernel.height(), kernel.width()
        };
  }

  /** The weights in the layout that the primitive wants. */
  private memory weights(memory.desc wanted) {
    Weights source = product().weights();
    int channels = shape.groupInputs();
    int taps = source.perOutput() / channels;
    BytePointer codes = new BytePointer(source.count());
    for (int output = 0; output < source.outputs(); output++) {
      for (int i = 0; i < source.perOutput(); i++) {
        long at = ((long) output * channels + i % channels) * taps + i / channels;
        codes.put(at, (byte) source.code(output, i));
      }
    }
    memory dense =
        new memory(
            Descriptors.dense(memory.data_type.s8, weightSizes()), DnnlRuntime.get().cpu(), codes);
    memory packed = new memory(wanted, DnnlRuntime.get().cpu());
    DnnlRuntime.get().run(new reorder(dense, packed), dense, packed);
    return packed;
  }

  @Override
  public Runnable bind(NativeMemory memory) {
    memory result = isUniform ? memory.of(step.output(), output) : memory.scratch(SCALED, scaled);
    Call convolution =
        new Call(operation)
            .with(dnnl.DNNL_ARG_SRC, memory.of(step.input(), input))
            .with(dnnl.DNNL_ARG_WEIGHTS, weights)
            .with(dnnl.DNNL_ARG_DST, result)
            .with(dnnl.DNNL_ARG_SCRATCHPAD, memory.scratch(PRIMITIVE, scratchpad));
    if (isUniform) {
      return finish.bind(convolution);
    }
    Call sum =
        finish.bind(
            new Call(addition)
                .with(dnnl.DNNL_ARG_SRC_0, result)
                .constant(dnnl.DNNL_ARG_SRC_1, addendLayout, addends)
                .with(dnnl.DNNL_ARG_DST, memory.of(step.output(), output)));
    return () -> {
      convolution.run();
      sum.run();
    };
  }
}
