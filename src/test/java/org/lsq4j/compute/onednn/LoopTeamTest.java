package org.lsq4j.compute.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Every task is done once, whoever does it, and failures reach the caller. */
class LoopTeamTest {

  private static final int TASKS = 500;

  private final LoopTeam team = new LoopTeam(3);

  @Test
  void runsEveryTaskOnce() {
    for (int round = 0; round < 200; round++) {
      AtomicIntegerArray runs = new AtomicIntegerArray(TASKS);
      team.run(TASKS, runs::incrementAndGet);
      assertOnce(runs);
    }
  }

  @Test
  void callersDoNotDisturbEachOther() {
    CompletableFuture<?>[] callers =
        IntStream.range(0, 4)
            .mapToObj(caller -> CompletableFuture.runAsync(this::runsEveryTaskOnce))
            .toArray(CompletableFuture<?>[]::new);
    CompletableFuture.allOf(callers).join();
  }

  @Test
  void tasksMayHaveLoopsThemselves() {
    AtomicIntegerArray runs = new AtomicIntegerArray(TASKS * 2);
    team.run(2, outer -> team.run(TASKS, inner -> runs.incrementAndGet(outer * TASKS + inner)));
    assertOnce(runs);
  }

  @Test
  void failuresReachTheCallerAndTheTeamGoesOn() {
    IllegalStateException failure = new IllegalStateException("task 7");
    IllegalStateException thrown =
        assertThrows(
            IllegalStateException.class,
            () ->
                team.run(
                    TASKS,
                    task -> {
                      if (task == 7) {
                        throw failure;
                      }
                    }));
    assertSame(failure, thrown);
    runsEveryTaskOnce();
  }

  private static void assertOnce(AtomicIntegerArray runs) {
    for (int task = 0; task < runs.length(); task++) {
      assertEquals(1, runs.get(task), "task " + task);
    }
  }
}
