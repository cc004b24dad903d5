package org.lsq4j.compute;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A form tells which values an array stands for. */
class TensorFormTest {

  private final INDArray tensor = Tensors.gaussian(1, DataType.FLOAT, 2, 3, 4, 32);

  @Test
  void valuesOfAPlainTensorAreItself() {
    assertEquals(tensor, FormedTensor.plain(tensor).values());
  }

  @Test
  void valuesOfBlocksHaveTheirChannelsLast() {
    INDArray blocks = Tensors.inChannelBlocks(tensor);
    assertEquals(tensor, new FormedTensor(blocks, TensorForm.CHANNEL_BLOCKS).values());
  }

  @Test
  void valuesComeWithoutTheFactor() {
    TensorForm doubled = new TensorForm(TensorForm.Encoding.FLOAT, 2);
    assertEquals(tensor, new FormedTensor(tensor.mul(2), doubled).values());
  }

  @Test
  void blocksHaveNoFactor() {
    IllegalArgumentException thrown =
        assertThrows(
            IllegalArgumentException.class,
            () -> new TensorForm(TensorForm.Encoding.FLOAT_BLOCKS, 2));
    assertEquals("the factor of floats in blocks must be 1, got 2.0", thrown.getMessage());
  }
}
