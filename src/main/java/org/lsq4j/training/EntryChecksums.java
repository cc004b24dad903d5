package org.lsq4j.training;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.lsq4j.network.ModelFormatException;

/**
 * SHA-256 of the entries of a zip file, in an entry of its own in the format of {@code sha256sum}.
 * Entries that other programs add later, such as DL4J's normalizers, have none and are let be.
 */
final class EntryChecksums {

  private static final String ENTRY = "lsq4j-sha256.txt";
  private static final String SEPARATOR = "  ";

  private EntryChecksums() {}

  /** Adds the checksums of all entries of a zip file that is being written. */
  static void add(FileSystem zip) throws IOException {
    Path root = zip.getPath("/");
    List<String> lines = new ArrayList<>();
    try (Stream<Path> entries = Files.list(root)) {
      for (Path entry : entries.sorted().toList()) {
        try (InputStream content = Files.newInputStream(entry)) {
          lines.add(sha256(content) + SEPARATOR + root.relativize(entry));
        }
      }
    }
    Files.write(zip.getPath(ENTRY), lines);
  }

  /**
   * Reads a file and compares. Files without checksums, and those that are no zip files, are left
   * to others.
   *
   * @throws ModelFormatException if an entry is missing or is not as it was written
   */
  static void verify(Path file) {
    if (!Files.isRegularFile(file)) {
      return;
    }
    try (ZipFile zip = new ZipFile(file.toFile())) {
      ZipEntry checksums = zip.getEntry(ENTRY);
      if (checksums != null) {
        for (String line : lines(zip, checksums)) {
          verify(file, zip, line);
        }
      }
    } catch (ZipException e) {
      return;
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read: " + e, e);
    }
  }

  private static List<String> lines(ZipFile zip, ZipEntry entry) throws IOException {
    try (InputStream content = zip.getInputStream(entry)) {
      return new String(content.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  private static void verify(Path file, ZipFile zip, String line) throws IOException {
    int end = line.indexOf(SEPARATOR);
    String name = end < 0 ? "" : line.substring(end + SEPARATOR.length());
    ZipEntry entry = zip.getEntry(name);
    if (entry == null) {
      throw ModelFormatException.damaged(
          file, "its entry " + (name.isEmpty() ? ENTRY : name) + " is missing or broken");
    }
    try (InputStream content = zip.getInputStream(entry)) {
      if (!line.startsWith(sha256(content))) {
        throw ModelFormatException.damaged(
            file, "its entry " + name + " does not have the checksum it was written with");
      }
    } catch (ZipException e) {
      throw ModelFormatException.damaged(
          file, "its entry " + name + " cannot be unpacked: " + e.getMessage());
    }
  }

  private static String sha256(InputStream content) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      content.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
