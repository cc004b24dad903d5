package org.lsq4j.deploy.runtime.portable;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.lsq4j.compute.Padding2D;
import org.lsq4j.compute.Size2D;
import org.lsq4j.deploy.RandomGraphs;
import org.lsq4j.deploy.graph.Operation.Product;
import org.lsq4j.deploy.graph.Quantizer;
import org.lsq4j.deploy.graph.Shape;
import org.lsq4j.deploy.graph.Window;
import org.lsq4j.deploy.runtime.Program;
import org.lsq4j.deploy.runtime.Step;

/** Products with and without Java's vector module are the same. */
class PlaneKernelTest {

  private static final int SMALL_GRAPHS = 200;
  private static final int LARGE_GRAPHS = 40;

  /** More rows than are computed at a time. */
  private static final int LARGE = 60;

  private int products;

  @Test
  void givesTheBitsOfThePlainKernel() {
    for (long seed = 0; seed < SMALL_GRAPHS; seed++) {
      compare(Program.of(RandomGraphs.of(seed)), seed);
    }
    for (long seed = 0; seed < LARGE_GRAPHS; seed++) {
      compare(Program.of(RandomGraphs.of(seed, LARGE)), seed);
    }
    assertTrue(products > SMALL_GRAPHS + LARGE_GRAPHS, products + " products");
  }

  private void compare(Program program, long seed) {
    Random random = new Random(seed);
    for (Step step : program.steps()) {
      if (step.operation() instanceof Product) {
        products++;
        Memory memory = new Memory(program);
        // Twice: what is left of one example must not reach the next.
        Kernel planes = new PlaneKernel(step);
        Kernel plain = new ProductKernel(step);
        for (int example = 0; example < 2; example++) {
          setCodes(memory, step, random);
          assertArrayEquals(
              results(plain, memory, step), results(planes, memory, step), seed + ": " + step);
        }
      }
    }
  }

  private static void setCodes(Memory memory, Step step, Random random) {
    Quantizer quantizer = step.input().tensor().quantizer().orElseThrow();
    int[] codes = memory.codes(step.input());
    for (int i = 0; i < step.input().size(); i++) {
      codes[i] = quantizer.range().lowest() + random.nextInt(quantizer.range().levels());
    }
  }

  private static double[] results(Kernel kernel, Memory memory, Step step) {
    kernel.run(memory);
    double[] results = new double[step.output().size()];
    for (int i = 0; i < results.length; i++) {
      results[i] =
          step.output().isCodes() ? memory.codes(step.output())[i] : memory.reals(step.output())[i];
    }
    return results;
  }

  @Test
  void isForImagesThatFillVectorsAndFitMemory() {
    assertTrue(PlaneKernel.suits(shape(new Shape(32, 32, 16), Padding2D.symmetric(1, 1), 1)));
    assertFalse(PlaneKernel.suits(shape(new Shape(4, 4, 16), Padding2D.NONE, 1)));
    // The padding alone would take gigabytes.
    int most = Window.LARGEST;
    Padding2D padding = new Padding2D(most, most, most, most);
    assertFalse(PlaneKernel.suits(shape(new Shape(3, 3, 16), padding, most / 2)));
  }

  private static ProductShape shape(Shape input, Padding2D padding, int stride) {
    Window window = new Window(new Size2D(3, 3), new Size2D(stride, stride), Size2D.ONE, padding);
    return new ProductShape(window, 1, input, window.over(input, 16));
  }
}
