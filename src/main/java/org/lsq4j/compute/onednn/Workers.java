package org.lsq4j.compute.onednn;

import java.util.function.IntConsumer;
import org.nd4j.linalg.api.environment.Nd4jEnvironment;
import org.nd4j.linalg.factory.Nd4j;

/** Splits element-wise work over as many threads as ND4J uses. */
final class Workers {

  private static final int COUNT = threads();
  private static final Team TEAM = OpenMpTeam.of(COUNT).orElseGet(() -> new LoopTeam(COUNT - 1));

  private Workers() {}

  private static int threads() {
    Object known =
        Nd4j.getExecutioner()
            .getEnvironmentInformation()
            .getOrDefault(Nd4jEnvironment.OMP_THREADS_KEY, 1);
    return Integer.parseInt(known.toString());
  }

  static int count() {
    return COUNT;
  }

  /** Runs tasks 0 to {@code tasks - 1}; which thread runs which does not matter for the results. */
  static void run(int tasks, IntConsumer task) {
    if (COUNT == 1 || tasks == 1) {
      for (int i = 0; i < tasks; i++) {
        task.accept(i);
      }
    } else {
      TEAM.run(tasks, task);
    }
  }
}
