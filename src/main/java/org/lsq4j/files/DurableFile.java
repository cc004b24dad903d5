package org.lsq4j.files;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Writes files that are whole or not there, also after a power cut: into a temporary one in a
 * folder beside it, which is flushed to the disk and then moved; the move is flushed, too.
 */
public final class DurableFile {

  private static final String TEMPORARY_SUFFIX = ".part";

  /** Fills a file. */
  @FunctionalInterface
  public interface Content {
    /** Writes a new file; others beside it are deleted. */
    void writeTo(Path temporary) throws IOException;
  }

  private DurableFile() {}

  /**
   * Writes a file, and its folder if there is none. An older file is replaced.
   *
   * @throws IOException if it cannot be written; the older file is as it was then
   */
  public static void write(Path file, Content content) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    Files.createDirectories(folder);
    // A folder, for what the content needs beside the file.
    Path workshop = folder.resolve("." + file.getFileName() + TEMPORARY_SUFFIX);
    delete(workshop);
    try {
      Path temporary = Files.createDirectory(workshop).resolve(file.getFileName());
      content.writeTo(temporary);
      sync(temporary);
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      delete(workshop);
    }
    syncFolder(folder);
  }

  /**
   * Writes bytes likewise.
   *
   * @throws UncheckedIOException that names the file and the reason
   */
  public static void write(Path file, byte[] content) {
    try {
      write(file, temporary -> Files.write(temporary, content));
    } catch (IOException e) {
      throw cannotWrite(file, e);
    }
  }

  /**
   * Adds a line to a file, which is made if there is none. What is left of a line that a killed
   * process was adding goes.
   *
   * @param line without line end
   * @throws UncheckedIOException that names the file and the reason
   */
  public static void appendLine(Path file, String line) {
    try {
      Path folder = file.toAbsolutePath().getParent();
      Files.createDirectories(folder);
      boolean isNew = !Files.exists(file);
      try (FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        long end = endOfLastLine(channel);
        channel.truncate(end).position(end);
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(line + "\n");
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      if (isNew) {
        syncFolder(folder);
      }
    } catch (IOException e) {
      throw cannotWrite(file, e);
    }
  }

  private static long endOfLastLine(FileChannel channel) throws IOException {
    ByteBuffer last = ByteBuffer.allocate(1);
    long end = channel.size();
    while (end > 0 && (channel.read(last.clear(), end - 1) < 1 || last.get(0) != '\n')) {
      end--;
    }
    return end;
  }

  private static UncheckedIOException cannotWrite(Path file, IOException e) {
    // Some have the file for a message and the reason for a name.
    String reason =
        e instanceof FileSystemException system && system.getReason() == null
            ? e.getClass().getSimpleName()
            : e.getMessage();
    return new UncheckedIOException("Cannot write " + file + ": " + reason, e);
  }

  /** Gives a file a second name; where the file system has no links it is copied. */
  public static void link(Path existing, Path file) throws IOException {
    if (Files.exists(file) && Files.isSameFile(existing, file)) {
      return;
    }
    write(
        file,
        temporary -> {
          try {
            Files.createLink(temporary, existing);
          } catch (UnsupportedOperationException | FileSystemException e) {
            Files.copy(existing, temporary);
          }
        });
  }

  /** Deletes what a killed process left of files that it was writing. */
  public static void deleteLeftovers(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    List<Path> leftovers;
    try (Stream<Path> files = Files.list(folder)) {
      leftovers = files.filter(DurableFile::isTemporary).toList();
    }
    for (Path leftover : leftovers) {
      delete(leftover);
    }
  }

  private static boolean isTemporary(Path path) {
    String name = path.getFileName().toString();
    return name.startsWith(".") && name.endsWith(TEMPORARY_SUFFIX);
  }

  private static void delete(Path fileOrFolder) throws IOException {
    try (Stream<Path> below = Files.walk(fileOrFolder)) {
      for (Path each : below.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    } catch (NoSuchFileException e) {
      return;
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static void sync(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** Windows cannot open folders, and needs not. */
  private static void syncFolder(Path folder) throws IOException {
    if (System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows")) {
      return;
    }
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
