package org.lsq4j.network;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * A model's zip file, which may come from anybody. Its directory is checked when it is opened, and
 * every entry is read up to a limit, whatever size it claims to have. Entries are looked up by name
 * and read into memory; nothing of the file decides where anything is written.
 */
public final class ModelZip implements AutoCloseable {

  /** A model has about ten entries, and one for each extension of its training. */
  static final int MOST_ENTRIES = 1000;

  /**
   * Bytes of content for each byte of the file. Weights hardly get smaller in a zip file, and what
   * may be all zeros, the updater's state, is only a few times as large.
   */
  static final long MOST_EXPANSION = 100;

  /** So much content is allowed to files of any size. */
  static final long ALWAYS_ALLOWED = 64L << 20;

  private final Path file;
  private final ZipFile zip;
  private final Set<String> names;
  private final long mostContent;

  private ModelZip(Path file, ZipFile zip) throws IOException {
    this.file = file;
    this.zip = zip;
    mostContent = ALWAYS_ALLOWED + MOST_EXPANSION * Files.size(file);
    names = checkedNames();
  }

  /**
   * Opens a file and checks its directory.
   *
   * @throws ModelFormatException if it is no zip file, is damaged, or holds what no model does: too
   *     many entries, two of one name, names that lead elsewhere, far more content than its size
   *     allows
   */
  public static ModelZip open(Path file) {
    ZipFile zip;
    try {
      zip = new ZipFile(file.toFile());
    } catch (IOException | IllegalArgumentException e) {
      throw new ModelFormatException(
          file, "it is not a zip file, or a damaged one, nor HDF5 as of Keras", e);
    }
    try {
      return new ModelZip(file, zip);
    } catch (IOException | RuntimeException e) {
      closeQuietly(zip);
      throw e instanceof ModelFormatException known ? known : damaged(file, e);
    }
  }

  private static void closeQuietly(ZipFile zip) {
    try {
      zip.close();
    } catch (IOException ignored) {
      // The first failure is the one to tell of.
    }
  }

  private Set<String> checkedNames() {
    if (zip.size() > MOST_ENTRIES) {
      throw refusal(zip.size() + " entries; a model has at most " + MOST_ENTRIES);
    }
    Set<String> found = new LinkedHashSet<>();
    long total = 0;
    for (ZipEntry entry : Collections.list(zip.entries())) {
      requirePlain(entry.getName());
      if (!found.add(entry.getName())) {
        throw refusal("two entries named " + shown(entry.getName()));
      }
      total += Math.max(0, entry.getSize());
      if (entry.getSize() > mostContent || total > mostContent) {
        throw tooLarge();
      }
    }
    return found;
  }

  private void requirePlain(String name) {
    boolean plain =
        !name.startsWith("/")
            && name.chars().noneMatch(c -> c < ' ' || c == '\\' || c == ':')
            && !List.of(name.split("/")).contains("..");
    if (!plain) {
      throw refusal("an entry named " + shown(name) + ", which leads out of the file");
    }
  }

  private static String shown(String name) {
    String start = name.length() > 80 ? name.substring(0, 80) + "..." : name;
    return "'" + start.replaceAll("\\p{Cntrl}", "?") + "'";
  }

  /** Names of all entries. */
  public Set<String> names() {
    return Collections.unmodifiableSet(names);
  }

  /** Whether there is an entry. */
  public boolean has(String name) {
    return names.contains(name);
  }

  /**
   * Reads an entry.
   *
   * @throws ModelFormatException if there is none, or the file is damaged
   */
  public byte[] read(String name) {
    return read(name, mostContent);
  }

  /**
   * Reads an entry.
   *
   * @param most bytes it may have
   * @throws ModelFormatException if it has more, there is none, or the file is damaged
   */
  public byte[] read(String name, long most) {
    ZipEntry entry = zip.getEntry(name);
    if (entry == null) {
      throw new ModelFormatException(file, "it has no " + name, null);
    }
    int limit = (int) Math.min(Integer.MAX_VALUE - 16L, Math.min(most, mostContent));
    byte[] content = content(entry, limit);
    if (content.length > limit) {
      throw limit == most
          ? new ModelFormatException(
              file, "its " + name + " has more than the " + most + " bytes it should have", null)
          : tooLarge();
    }
    return content;
  }

  private byte[] content(ZipEntry entry, int limit) {
    try (InputStream stream = zip.getInputStream(entry)) {
      return stream.readNBytes(limit + 1);
    } catch (IOException | RuntimeException e) {
      throw damaged(file, e);
    }
  }

  private static ModelFormatException damaged(Path file, Exception cause) {
    return new ModelFormatException(file, "it is a damaged zip file", cause);
  }

  private ModelFormatException tooLarge() {
    return refusal(
        String.format(
            "more than %,d MB of content, which is more than %d times its size",
            mostContent >> 20, MOST_EXPANSION));
  }

  private ModelFormatException refusal(String what) {
    return new ModelFormatException(file, "it holds " + what, null);
  }

  @Override
  public void close() {
    closeQuietly(zip);
  }
}
