package org.lsq4j.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFileTest {

  @TempDir private Path folder;

  private List<String> names() throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void anErrorLeavesTheOlderFile() throws IOException {
    Path file = folder.resolve("a");
    DurableFile.write(file, new byte[] {1});
    assertThrows(
        IOException.class,
        () ->
            DurableFile.write(
                file,
                temporary -> {
                  Files.write(temporary, new byte[] {2});
                  throw new IOException("disk full");
                }));
    assertEquals(1, Files.readAllBytes(file)[0]);
    assertEquals(List.of("a"), names());
  }

  @Test
  void leftoversOfKilledProcessesGo() throws IOException {
    Path left = Files.createDirectories(folder.resolve(".a.part"));
    Files.write(left.resolve("a"), new byte[9]);
    DurableFile.write(folder.resolve("a"), new byte[] {1});
    assertEquals(List.of("a"), names());
    Files.createDirectories(left);
    Files.write(folder.resolve(".lock"), new byte[0]);
    DurableFile.deleteLeftovers(folder);
    assertEquals(List.of(".lock", "a"), names());
  }

  @Test
  void aLinkIsReplacedWhole() throws IOException {
    Path first = Files.write(folder.resolve("1"), new byte[] {1});
    Path second = Files.write(folder.resolve("2"), new byte[] {2});
    Path last = folder.resolve("last");
    DurableFile.link(first, last);
    DurableFile.link(first, last);
    assertTrue(Files.isSameFile(first, last));
    DurableFile.link(second, last);
    assertEquals(2, Files.readAllBytes(last)[0]);
    assertEquals(1, Files.readAllBytes(first)[0]);
    assertEquals(List.of("1", "2", "last"), names());
  }

  @Test
  void aLineThatWasTornIsReplaced() throws IOException {
    Path file = folder.resolve("new/log");
    DurableFile.appendLine(file, "one");
    DurableFile.appendLine(file, "two");
    assertEquals("one\ntwo\n", Files.readString(file));
    Files.writeString(file, "one\ntw");
    DurableFile.appendLine(file, "two");
    assertEquals("one\ntwo\n", Files.readString(file));
    Files.writeString(file, "on");
    DurableFile.appendLine(file, "one");
    assertEquals("one\n", Files.readString(file));
  }

  @Test
  void errorsNameFileAndReason() throws IOException {
    Path file = Files.createDirectories(folder.resolve("a/b")).getParent();
    UncheckedIOException error =
        assertThrows(UncheckedIOException.class, () -> DurableFile.write(file, new byte[1]));
    assertTrue(error.getMessage().matches("Cannot write .*a: .+"), error.getMessage());
  }
}
