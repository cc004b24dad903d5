package org.lsq4j.compute.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.lsq4j.compute.ComputeEngines;
import org.nd4j.linalg.factory.Nd4j;

/** Every task is done once, whoever does it, and failures reach the caller. */
class TeamTest {

  private static final int TASKS = 500;
  private static final int THREADS = 4;

  static Stream<Arguments> teams() {
    List<Named<Team>> teams = new ArrayList<>();
    teams.add(Named.of("threads of Java's", new LoopTeam(THREADS - 1)));
    openMp().ifPresent(team -> teams.add(Named.of("threads of OpenMP's", team)));
    return teams.stream().map(Arguments::of);
  }

  private static Optional<Team> openMp() {
    Nd4j.getExecutioner();
    return OpenMpTeam.of(THREADS);
  }

  @ParameterizedTest
  @MethodSource("teams")
  void runsEveryTaskOnce(Team team) {
    for (int round = 0; round < 200; round++) {
      AtomicIntegerArray runs = new AtomicIntegerArray(TASKS);
      team.run(TASKS, runs::incrementAndGet);
      assertOnce(runs);
    }
  }

  @ParameterizedTest
  @MethodSource("teams")
  void callersDoNotDisturbEachOther(Team team) {
    CompletableFuture<?>[] callers =
        IntStream.range(0, 4)
            .mapToObj(caller -> CompletableFuture.runAsync(() -> runsEveryTaskOnce(team)))
            .toArray(CompletableFuture<?>[]::new);
    CompletableFuture.allOf(callers).join();
  }

  @ParameterizedTest
  @MethodSource("teams")
  void tasksMayHaveLoopsThemselves(Team team) {
    AtomicIntegerArray runs = new AtomicIntegerArray(TASKS * 2);
    team.run(2, outer -> team.run(TASKS, inner -> runs.incrementAndGet(outer * TASKS + inner)));
    assertOnce(runs);
  }

  @ParameterizedTest
  @MethodSource("teams")
  void severalThreadsWorkAtTheSameTime(Team team) {
    Set<Thread> threads = runsOnAllThreads(team);
    assertEquals(THREADS, threads.size());
    assertTrue(threads.contains(Thread.currentThread()));
  }

  @ParameterizedTest
  @MethodSource("teams")
  void failuresReachTheCallerAndTheTeamGoesOn(Team team) {
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
    runsEveryTaskOnce(team);
  }

  /** A program that trains in a new thread each time must not gather OpenMP's threads. */
  @Test
  void openMpThreadsEndWithTheirCaller() throws InterruptedException {
    Team team = openMp().orElse(null);
    Assumptions.assumeTrue(team != null, "needs GNU's OpenMP runtime, as on Linux");
    int before = openMpThreads();
    for (int i = 0; i < 20; i++) {
      Thread caller = new Thread(() -> assertHasThreads(team, before));
      CompletableFuture<Throwable> failure = new CompletableFuture<>();
      caller.setUncaughtExceptionHandler((thread, thrown) -> failure.complete(thrown));
      caller.start();
      caller.join();
      assertNull(failure.getNow(null));
    }
    for (int looks = 0; looks < 100 && openMpThreads() > before; looks++) {
      Thread.sleep(50);
    }
    assertTrue(
        openMpThreads() <= before, () -> openMpThreads() + " threads, " + before + " before");
  }

  @Test
  void theEngineSharesOpenMpsThreadsWhereThereAreAny() {
    Assumptions.assumeTrue(
        ComputeEngines.current().name().equals(OneDnnEngine.NAME)
            && System.getProperty("os.name").equals("Linux"),
        "oneDNN for Linux brings GNU's OpenMP runtime");
    assertTrue(OpenMpTeam.of(THREADS).isPresent());
  }

  /** The threads that ran as many tasks as there are, each waiting for the others. */
  private static Set<Thread> runsOnAllThreads(Team team) {
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    CountDownLatch together = new CountDownLatch(THREADS);
    team.run(
        THREADS,
        task -> {
          threads.add(Thread.currentThread());
          together.countDown();
          awaitUninterrupted(together);
        });
    return threads;
  }

  private static void assertHasThreads(Team team, int others) {
    runsOnAllThreads(team);
    assertTrue(openMpThreads() > others, "OpenMP has threads of its own for each caller");
  }

  private static int openMpThreads() {
    return (int)
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("lsq4j-openmp"))
            .count();
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void assertOnce(AtomicIntegerArray runs) {
    for (int task = 0; task < runs.length(); task++) {
      assertEquals(1, runs.get(task), "task " + task);
    }
  }
}
