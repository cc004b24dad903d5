package org.lsq4j.training;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.lsq4j.network.KerasImport;
import org.lsq4j.network.ModelEntry;
import org.lsq4j.network.ModelEntry.Form;
import org.lsq4j.network.ModelFormatException;
import org.lsq4j.network.ModelZip;

/**
 * SHA-256 of the entries of a zip file, in an entry of its own in the format of {@code sha256sum}.
 * Entries that other programs add later, such as DL4J's normalizers, have none and are let be.
 */
final class EntryChecksums {

  private static final String ENTRY = "lsq4j-sha256.txt";
  private static final String SEPARATOR = "  ";

  private EntryChecksums() {}

  /** Writes a new zip file with checksums. */
  static void write(Path target, List<ModelEntry> entries) throws IOException {
    StringBuilder checksums = new StringBuilder();
    // Both, as a zip stream that cannot be finished on a full disk does not close the file.
    try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(target));
        ZipOutputStream zip = new ZipOutputStream(file)) {
      for (ModelEntry entry : entries) {
        checksums.append(add(zip, entry)).append(SEPARATOR).append(entry.name()).append('\n');
      }
      add(zip, ModelEntry.of(ENTRY, Form.TEXT, utf8(checksums.toString())));
    }
  }

  /** The checksum of an entry that is added. */
  private static String add(ZipOutputStream zip, ModelEntry entry) throws IOException {
    zip.setLevel(entry.form() == Form.TEXT ? Deflater.BEST_SPEED : Deflater.NO_COMPRESSION);
    zip.putNextEntry(new ZipEntry(entry.name()));
    MessageDigest digest = newDigest();
    entry.content().writeTo(new DigestOutputStream(zip, digest));
    zip.closeEntry();
    return HexFormat.of().formatHex(digest.digest());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads a file and compares. Files without checksums, and those that are no zip files, are left
   * to others.
   *
   * @throws ModelFormatException if an entry is missing or is not as it was written
   */
  static void verify(Path file) {
    if (!Files.isRegularFile(file) || KerasImport.isHdf5(file)) {
      return;
    }
    try (ModelZip zip = ModelZip.open(file)) {
      if (zip.has(ENTRY)) {
        new String(zip.read(ENTRY), StandardCharsets.UTF_8)
            .lines()
            .forEach(line -> verify(file, zip, line));
      }
    }
  }

  private static void verify(Path file, ModelZip zip, String line) {
    int end = line.indexOf(SEPARATOR);
    String name = end < 0 ? "" : line.substring(end + SEPARATOR.length());
    if (!zip.has(name)) {
      throw ModelFormatException.damaged(
          file, "its entry " + (name.isEmpty() ? ENTRY : name) + " is missing or broken");
    }
    if (!line.startsWith(sha256(zip.read(name)))) {
      throw ModelFormatException.damaged(
          file, "its entry " + name + " does not have the checksum it was written with");
    }
  }

  private static String sha256(byte[] content) {
    return HexFormat.of().formatHex(newDigest().digest(content));
  }

  private static MessageDigest newDigest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
