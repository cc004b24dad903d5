package org.lsq4j.training.distillation;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.lsq4j.training.BatchProgress;
import org.lsq4j.training.OutputLoss;
import org.lsq4j.training.ResumeException;
import org.lsq4j.training.TrainingExtension;
import org.lsq4j.training.TrainingRun;
import org.nd4j.linalg.dataset.DataSet;

/**
 * Makes a network learn from a teacher as well as from labels. The teacher sees the same augmented
 * batch. The network has its {@link DistillationLoss} only during an update: it stays an ordinary
 * one, and files of it know nothing of the teacher.
 */
public final class Distillation implements TrainingExtension {

  private final Teacher teacher;
  private final DistillationLoss loss;
  private OutputLoss output;
  private byte[] checksum;
  private boolean isTried;

  /**
   * Learning from a teacher.
   *
   * @param teacher tells the same classes apart
   * @param loss its temperature, and how much the teacher counts
   */
  public Distillation(Teacher teacher, DistillationLoss loss) {
    this.teacher = teacher;
    this.loss = loss;
  }

  @Override
  public String name() {
    return "distillation";
  }

  @Override
  public void start(TrainingRun run) {
    try {
      output = OutputLoss.of(run.network());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("distillation: " + e.getMessage(), e);
    }
    checksum = ByteBuffer.allocate(Long.BYTES).putLong(teacher.checksum()).array();
    isTried = false;
  }

  @Override
  public DataSet beforeStep(DataSet batch) {
    if (!isTried) {
      teacher.requireFits(batch.getFeatures(), batch.getLabels().size(1));
      isTried = true;
    }
    DataSet instructed = teacher.instruct(batch, loss.temperature());
    output.replace(loss);
    return instructed;
  }

  @Override
  public void afterStep(BatchProgress step) {
    output.restore();
  }

  /** The teacher's checksum: another teacher would make it another training. */
  @Override
  public Optional<byte[]> state() {
    return Optional.of(checksum.clone());
  }

  @Override
  public void restore(byte[] state) {
    if (!Arrays.equals(state, checksum)) {
      throw new ResumeException(
          "Cannot resume: the teacher is not the network that the training was started with; give"
              + " it that one or start anew");
    }
  }

  @Override
  public void end() {
    if (output != null) {
      output.restore();
    }
  }
}
