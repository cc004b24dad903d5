package org.lsq4j.compute;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ReusedMemoryTest {

  private final ReusedMemory memory = new ReusedMemory();

  @Test
  void handsOutTheSameArraysAfterRewinding() {
    INDArray first = memory.allocate(DataType.FLOAT, 2, 3);
    INDArray second = memory.allocate(DataType.FLOAT, 2, 3);
    assertNotSame(first, second);
    memory.rewind();
    assertSame(first, memory.allocate(DataType.FLOAT, 2, 3));
    assertSame(second, memory.allocate(DataType.FLOAT, 2, 3));
  }

  @Test
  void makesAnotherArrayForAnotherShapeOrType() {
    INDArray first = memory.allocate(DataType.FLOAT, 2, 3);
    memory.rewind();
    INDArray shaped = memory.allocate(DataType.FLOAT, 3, 2);
    assertNotSame(first, shaped);
    assertArrayEquals(new long[] {3, 2}, shaped.shape());
    memory.rewind();
    INDArray typed = memory.allocate(DataType.DOUBLE, 3, 2);
    assertEquals(DataType.DOUBLE, typed.dataType());
    memory.rewind();
    assertSame(typed, memory.allocate(DataType.DOUBLE, 3, 2));
  }

  /** An array of a workspace would be overwritten when the workspace is used again. */
  @Test
  void arraysBelongToNoWorkspace() {
    try (MemoryWorkspace open =
        Nd4j.getWorkspaceManager().getAndActivateWorkspace("ReusedMemoryTest")) {
      INDArray array = memory.allocate(DataType.FLOAT, 4);
      assertFalse(array.isAttached(), () -> "in workspace " + open.getId());
      assertEquals('c', array.ordering());
    }
  }
}
