package org.lsq4j.compute.onednn;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.lsq4j.compute.FormedTensor;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The tensors of one call of a kernel whose loops need all of them in one layout. Those that have
 * another are copied to scratch memory before the loops, or from there behind them.
 */
final class Relayout {

  private final Layout layout;
  private final LayoutCopies copies;
  private final List<Runnable> toDo = new ArrayList<>();
  private int pieces;

  /**
   * No tensor yet.
   *
   * @param layout of the loops
   */
  Relayout(Layout layout, LayoutCopies copies) {
    this.layout = layout;
    this.copies = copies;
  }

  /** The floats of a tensor that the loops read. */
  ByteBuffer read(FormedTensor tensor) {
    if (Layout.of(tensor.form()) == layout) {
      return bytes(tensor.array());
    }
    Pointer piece = piece(tensor.array());
    copies.copy(tensor.array(), place(tensor), new LayoutCopies.Place(piece, layout));
    return FloatMemory.of(piece, tensor.array().length()).bytes();
  }

  /** Where the loops write a tensor, which is complete after {@link #finish}. */
  ByteBuffer write(FormedTensor tensor) {
    if (Layout.of(tensor.form()) == layout) {
      return bytes(tensor.array());
    }
    Pointer piece = piece(tensor.array());
    toDo.add(
        () -> copies.copy(tensor.array(), new LayoutCopies.Place(piece, layout), place(tensor)));
    return FloatMemory.of(piece, tensor.array().length()).bytes();
  }

  /** Ends the call. */
  void finish() {
    toDo.forEach(Runnable::run);
  }

  /** The floats of a dense array as they are. */
  static ByteBuffer bytes(INDArray tensor) {
    return FloatMemory.of(tensor).bytes();
  }

  private Pointer piece(INDArray tensor) {
    return Scratch.bytes(Scratch.Use.OTHER_LAYOUT, pieces++, tensor.length() * Float.BYTES);
  }

  private static LayoutCopies.Place place(FormedTensor tensor) {
    return new LayoutCopies.Place(DenseTensors.pointer(tensor.array()), Layout.of(tensor.form()));
  }
}
