package org.lsq4j.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A batch that is too large for the memory. JavaCPP's limit stands for that of a machine. */
@EnabledOnOs(OS.LINUX)
class MemoryFaultsTest {

  private static final Pattern MESSAGE =
      Pattern.compile(
          "Error: float.batch: an update of 2,000 images needs at least (\\S+) GB of memory and"
              + " (\\S+) GB are free; a batch of (\\d+) would fit\n");

  @TempDir private Path folder;

  private TrainProcess train(Path out, int batch) throws IOException {
    return TrainProcess.start(
        folder.resolve(out.getFileName() + ".log"),
        "1g",
        SmallExperiment.in(folder)
            .resuming(
                out,
                "network={architecture: resnet20}",
                "data.trainLimit=2000",
                "data.testLimit=50",
                "float.epochs=1",
                "float.ema=",
                "float.batch=" + batch,
                "runs=[]"));
  }

  @Test
  void isRefusedWithOneThatFits() throws IOException {
    Path out = folder.resolve("large");
    TrainProcess large = train(out, 2000);
    assertEquals(2, large.exitCode(), large::output);
    Matcher message = MESSAGE.matcher(large.output());
    assertTrue(message.find(), large::output);
    assertFalse(Files.exists(out), "nothing was written");

    TrainProcess fitting = train(folder.resolve("fitting"), Integer.parseInt(message.group(3)));
    fitting.awaitOutput("epoch  1/1");
    assertEquals(0, fitting.exitCode(), fitting::output);
  }
}
