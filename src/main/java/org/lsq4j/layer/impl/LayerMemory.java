package org.lsq4j.layer.impl;

import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.lsq4j.compute.TensorMemory;

/** Hands out workspace memory that lives as long as a layer needs it. */
final class LayerMemory {

  private LayerMemory() {}

  /** Until the backward pass when training, else until the layer is done. */
  static TensorMemory of(LayerWorkspaceMgr workspaces, boolean training) {
    ArrayType lifetime = training ? ArrayType.INPUT : ArrayType.FF_WORKING_MEM;
    return (type, shape) -> workspaces.createUninitialized(lifetime, type, shape, 'c');
  }
}
