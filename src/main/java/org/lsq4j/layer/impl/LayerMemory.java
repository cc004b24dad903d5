package org.lsq4j.layer.impl;

import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.lsq4j.compute.TensorMemory;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.Shape;
import org.nd4j.linalg.factory.Nd4j;

/** Hands out workspace memory that lives as long as a layer needs it. */
final class LayerMemory {

  /** DL4J's workspace of a whole training step. Frozen layers are in one without being told. */
  private static final String TRAINING_STEP = "WS_ALL_LAYERS_ACT";

  private LayerMemory() {}

  /** Until the backward pass when training, else until the layer is done. */
  static TensorMemory of(LayerWorkspaceMgr workspaces, boolean training) {
    ArrayType lifetime = lifetime(training);
    return (type, shape) -> workspaces.createUninitialized(lifetime, type, shape, 'c');
  }

  /** Until the layer is done, even when training. */
  static TensorMemory temporary(LayerWorkspaceMgr workspaces) {
    return (type, shape) ->
        workspaces.createUninitialized(ArrayType.FF_WORKING_MEM, type, shape, 'c');
  }

  /** The kind of workspace whose arrays live until the backward pass, if there can be one. */
  static ArrayType lifetime(boolean training) {
    boolean inTrainingStep =
        training || Nd4j.getWorkspaceManager().checkIfWorkspaceExistsAndActive(TRAINING_STEP);
    return inTrainingStep ? ArrayType.INPUT : ArrayType.FF_WORKING_MEM;
  }

  /** The values in a type; a copy, if one is needed, lives as {@link #lifetime} says. */
  static INDArray cast(
      INDArray values, DataType type, LayerWorkspaceMgr workspaces, boolean training) {
    return values.dataType() == type
        ? values
        : workspaces.castTo(lifetime(training), type, values, false);
  }

  /** The values in C order without gaps; a copy, if one is needed, lives likewise. */
  static INDArray rowMajor(INDArray values, LayerWorkspaceMgr workspaces, boolean training) {
    boolean rowMajor = values.ordering() == 'c' && Shape.hasDefaultStridesForShape(values);
    return rowMajor ? values : workspaces.dup(lifetime(training), values, 'c');
  }
}
