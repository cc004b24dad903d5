package org.lsq4j.network;

import java.util.Map;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.MultiLayerUpdater;
import org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * DL4J's updaters, which know a network's own gradient when they see it. DL4J compares {@link
 * Gradient#gradient()} with the network's array by identity, but {@link DefaultGradient} makes a
 * new view of it at each call, so that every gradient counts as that of another network: views of
 * all parameters are made four times an update, which takes longer than the update itself. The
 * results are the same bits.
 */
final class OwnGradientUpdaters {

  private OwnGradientUpdaters() {}

  /** An updater with a state, which it takes over, or without one, for a new training. */
  static ComputationGraphUpdater of(ComputationGraph network, INDArray stateOrNull) {
    return new ComputationGraphUpdater(network, stateOrNull) {
      @Override
      public synchronized void update(
          Gradient gradient, int iteration, int epoch, int batch, LayerWorkspaceMgr workspaces) {
        Gradient known = recognize(gradient, getFlattenedGradientsView());
        super.update(known, iteration, epoch, batch, workspaces);
      }
    };
  }

  /** An updater with a state, which it takes over, or without one, for a new training. */
  static MultiLayerUpdater of(MultiLayerNetwork network, INDArray stateOrNull) {
    return new MultiLayerUpdater(network, stateOrNull) {
      @Override
      public synchronized void update(
          Gradient gradient, int iteration, int epoch, int batch, LayerWorkspaceMgr workspaces) {
        Gradient known = recognize(gradient, getFlattenedGradientsView());
        super.update(known, iteration, epoch, batch, workspaces);
      }
    };
  }

  /**
   * A gradient as an updater should see it.
   *
   * @param gradient of the network itself or of another one
   * @param own the network's array of all gradients
   */
  static Gradient recognize(Gradient gradient, INDArray own) {
    INDArray given = gradient.gradient();
    return address(given) == address(own) ? new OwnGradient(gradient, own) : gradient;
  }

  private static long address(INDArray array) {
    return array.data().addressPointer().address();
  }

  private static final class OwnGradient extends DefaultGradient {

    private static final long serialVersionUID = 1L;

    private final transient Gradient source;
    private final transient INDArray all;

    OwnGradient(Gradient source, INDArray all) {
      super(all);
      this.source = source;
      this.all = all;
    }

    @Override
    public INDArray gradient() {
      return all;
    }

    @Override
    public Map<String, INDArray> gradientForVariable() {
      return source.gradientForVariable();
    }
  }
}
