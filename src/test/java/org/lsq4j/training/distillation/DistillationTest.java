package org.lsq4j.training.distillation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipFile;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.layer.QuantizedOutput;
import org.lsq4j.network.MiniFashion;
import org.lsq4j.network.TestNetworks;
import org.lsq4j.training.BatchProgress;
import org.lsq4j.training.EpochMetrics;
import org.lsq4j.training.OptimizerSettings;
import org.lsq4j.training.ResumeException;
import org.lsq4j.training.Trainer;
import org.lsq4j.training.TrainingExtension;
import org.lsq4j.training.TrainingObserver;
import org.lsq4j.training.TrainingRuns;
import org.lsq4j.training.TrainingSettings;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

class DistillationTest {

  private static final int IMAGES = 500;

  private static MultiLayerNetwork teacher;

  @TempDir private Path folder;

  /** Takes the labels away, so that only a teacher can teach. */
  private static final class NoLabels implements TrainingExtension {
    @Override
    public String name() {
      return "no-labels";
    }

    @Override
    public DataSet beforeStep(DataSet batch) {
      return new DataSet(batch.getFeatures(), batch.getLabels().mul(0).addi(0.1));
    }
  }

  private static final class Interruption extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  @BeforeAll
  static void trainTeacher() {
    teacher = TrainingRuns.floatNetwork();
    Trainer.builder(
            new TrainingSettings(3, OptimizerSettings.sgd(0.05), 1),
            MiniFashion.training(2000),
            MiniFashion.evaluation(500))
        .build()
        .train(teacher);
  }

  private Trainer.Builder trainer(int epochs) {
    return Trainer.builder(
            new TrainingSettings(epochs, OptimizerSettings.sgd(0.02), 1),
            MiniFashion.training(IMAGES),
            MiniFashion.evaluation(500))
        .checkpoints(folder);
  }

  private static Distillation distillation(double temperature, double weight) {
    return new Distillation(Teacher.of(teacher), DistillationLoss.mixture(temperature, weight));
  }

  private static MultiLayerNetwork student() {
    return TrainingRuns.quantized(TrainingRuns.floatNetwork(), 4);
  }

  @Test
  void studentsLearnFromTheTeacherAlone() {
    double without =
        trainer(4).extension(new NoLabels()).build().train(student()).state().lastAccuracy();
    double with =
        trainer(4)
            .extension(new NoLabels())
            .extension(distillation(2, 1))
            .build()
            .train(student())
            .state()
            .lastAccuracy();
    assertTrue(with > 0.6 && with > without + 0.2, without + " without, " + with + " with teacher");
  }

  /** At temperature 1 with the weight 0 there is only the labels' cross-entropy. */
  @Test
  void withoutWeightTheTeacherMakesNoDifference() {
    INDArray plain = params(trainer(1).build().train(student()).network());
    INDArray taught =
        params(trainer(1).extension(distillation(1, 0)).build().train(student()).network());
    assertTrue(plain.distance2(taught) < 1e-4 * plain.norm2Number().doubleValue());
  }

  @Test
  void reportedLossIsTheLossThatIsTrainedOn() {
    MultiLayerNetwork student = student();
    DistillationLoss loss = new DistillationLoss(3, 0.5, 2);
    List<Double> heard = new ArrayList<>();
    DataSet first = MiniFashion.training(IMAGES).next();
    Trainer trainer =
        trainer(1)
            .extension(new Distillation(Teacher.of(teacher), loss))
            .observer(
                new TrainingObserver() {
                  @Override
                  public void onBatch(BatchProgress progress) {
                    heard.add(progress.loss());
                    throw new Interruption();
                  }
                })
            .build();
    INDArray before = student.params().dup();
    assertThrows(Interruption.class, () -> trainer.train(student));
    student.setParams(before);
    ((BaseOutputLayer) student.getOutputLayer().conf().getLayer()).setLossFn(loss);
    // In training mode, but dropout makes it random: near is all that can be asked.
    double expected = student.score(Teacher.of(teacher).instruct(first, 3), true);
    assertEquals(expected, heard.get(0), 0.2 * expected);
  }

  @Test
  void filesKnowNothingOfTheTeacher() throws IOException {
    MultiLayerNetwork student = student();
    trainer(1).extension(distillation(3, 0.5)).build().train(student);
    BaseOutputLayer output = (BaseOutputLayer) student.getOutputLayer().conf().getLayer();
    assertEquals(new LossMCXENT(), output.getLossFn());
    try (ZipFile zip = new ZipFile(folder.resolve(Trainer.LAST).toFile())) {
      byte[] json = zip.getInputStream(zip.getEntry("configuration.json")).readAllBytes();
      String text = new String(json, StandardCharsets.UTF_8);
      assertTrue(text.contains("LossMCXENT"));
      assertFalse(text.contains("Distillation"));
    }
  }

  @Test
  void theLossIsGivenBackAlsoIfAStepFails() {
    MultiLayerNetwork student = student();
    TrainingExtension failing =
        new TrainingExtension() {
          @Override
          public String name() {
            return "failing";
          }

          @Override
          public DataSet beforeStep(DataSet batch) {
            throw new Interruption();
          }
        };
    Trainer trainer = trainer(1).extension(distillation(1, 0.5)).extension(failing).build();
    assertThrows(Interruption.class, () -> trainer.train(student));
    BaseOutputLayer output = (BaseOutputLayer) student.getOutputLayer().conf().getLayer();
    assertEquals(new LossMCXENT(), output.getLossFn());
    assertEquals(0, student.getListeners().size());
  }

  @Test
  void anotherTeacherCannotGoOn() {
    Trainer interrupted =
        trainer(2)
            .extension(distillation(1, 0.5))
            .observer(
                new TrainingObserver() {
                  @Override
                  public void onEpoch(EpochMetrics metrics) {
                    if (metrics.epoch() == 2) {
                      throw new Interruption();
                    }
                  }
                })
            .build();
    assertThrows(Interruption.class, () -> interrupted.train(student()));
    MultiLayerNetwork other = teacher.clone();
    other.params().putScalar(3, 1);
    Trainer resumed =
        trainer(2)
            .extension(new Distillation(Teacher.of(other), DistillationLoss.mixture(1, 0.5)))
            .build();
    ResumeException error = assertThrows(ResumeException.class, resumed::resume);
    assertTrue(error.getMessage().contains("the teacher is not the network"), error.getMessage());
    Trainer without = trainer(2).build();
    String message = assertThrows(ResumeException.class, without::resume).getMessage();
    assertTrue(message.contains("[distillation], now it has []"), message);
  }

  @Test
  void teachersOfOtherClassesAreRefusedBeforeTheFirstUpdate() {
    MultiLayerNetwork student = student();
    INDArray before = student.params().dup();
    MultiLayerNetwork three =
        TestNetworks.chain(
            MiniFashion.IMAGE, new QuantizedOutput.Builder().name("output").nOut(3).build());
    Distillation wrong = new Distillation(Teacher.of(three), DistillationLoss.mixture(1, 0.5));
    Trainer trainer = trainer(1).extension(wrong).build();
    String message =
        assertThrows(IllegalArgumentException.class, () -> trainer.train(student)).getMessage();
    assertEquals("the teacher tells 3 classes apart, but the labels have 10", message);
    assertEquals(before, student.params());
  }

  private static INDArray params(Object network) {
    return ((MultiLayerNetwork) network).params();
  }
}
