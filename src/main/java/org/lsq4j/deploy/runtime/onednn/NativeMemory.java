package org.lsq4j.deploy.runtime.onednn;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.lsq4j.compute.dnnl.DnnlRuntime;
import org.lsq4j.deploy.runtime.Operand;
import org.lsq4j.deploy.runtime.Program;
import org.lsq4j.deploy.runtime.portable.Memory;

/** One thread's tensors of a block of examples, and what primitives need while they run. */
final class NativeMemory {

  private static final int CACHE_LINE = 64;

  private final Program program;
  private final BytePointer[] codes;
  private final FloatPointer[] reals;
  private final Map<String, BytePointer> scratch = new HashMap<>();

  /** Memory objects do not keep what they point to, and calls have been made with smaller ones. */
  private final List<BytePointer> allScratch = new ArrayList<>();

  private final byte[] bytes;
  private final Memory single;

  NativeMemory(Program program, int examples) {
    this.program = program;
    codes =
        program.codeBuffers().stream()
            .map(size -> aligned((long) size * examples))
            .toArray(BytePointer[]::new);
    reals =
        program.realBuffers().stream()
            .map(size -> new FloatPointer(aligned((long) size * examples * Float.BYTES)))
            .toArray(FloatPointer[]::new);
    bytes = new byte[program.codeBuffers().stream().mapToInt(size -> size).max().orElse(0)];
    single = new Memory(program);
  }

  /** Zeroed: primitives also compute the places that no example fills. */
  private static BytePointer aligned(long length) {
    BytePointer allocated = new BytePointer(length + CACHE_LINE);
    allocated.fill(0);
    long beyond = allocated.address() % CACHE_LINE;
    return allocated.getPointer((CACHE_LINE - beyond) % CACHE_LINE);
  }

  /** A tensor as a primitive sees it. */
  memory of(Operand operand, memory.desc layout) {
    return operand.isCodes()
        ? new memory(layout, DnnlRuntime.get().cpu(), codes[operand.buffer()])
        : new memory(layout, DnnlRuntime.get().cpu(), reals[operand.buffer()]);
  }

  /**
   * Memory for intermediate results.
   *
   * @param use steps that use the same share it
   */
  memory scratch(String use, memory.desc layout) {
    BytePointer known = scratch.get(use);
    if (known == null || known.capacity() < layout.get_size()) {
      known = aligned(layout.get_size()).capacity(layout.get_size());
      scratch.put(use, known);
      allScratch.add(known);
    }
    return new memory(layout, DnnlRuntime.get().cpu(), known);
  }

  void load(float[] inputs, int first, int examples) {
    int size = program.input().size();
    reals[program.input().buffer()].put(inputs, first * size, examples * size);
  }

  void store(float[] outputs, int first, int examples) {
    int size = program.output().size();
    reals[program.output().buffer()].get(outputs, first * size, examples * size);
  }

  /** Tensors of one example, for kernels in Java. */
  Memory single() {
    return single;
  }

  /** Copies an example's tensor to where kernels in Java read it. */
  void fetch(Operand operand, int example) {
    int size = operand.size();
    long at = (long) example * size;
    if (operand.isCodes()) {
      BytePointer source = codes[operand.buffer()];
      source.position(at).get(bytes, 0, size).position(0);
      int mask = operand.tensor().quantizer().orElseThrow().isSigned() ? -1 : 0xff;
      int[] target = single.codes(operand);
      for (int i = 0; i < size; i++) {
        target[i] = bytes[i] & mask;
      }
    } else {
      FloatPointer source = reals[operand.buffer()];
      source.position(at).get(single.reals(operand), 0, size).position(0);
    }
  }

  /** Copies what a kernel in Java wrote for an example to the others. */
  void put(Operand operand, int example) {
    int size = operand.size();
    long at = (long) example * size;
    if (operand.isCodes()) {
      int[] source = single.codes(operand);
      for (int i = 0; i < size; i++) {
        bytes[i] = (byte) source[i];
      }
      codes[operand.buffer()].position(at).put(bytes, 0, size).position(0);
    } else {
      reals[operand.buffer()].position(at).put(single.reals(operand), 0, size).position(0);
    }
  }
}
