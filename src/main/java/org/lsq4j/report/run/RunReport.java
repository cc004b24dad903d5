package org.lsq4j.report.run;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.lsq4j.files.DurableFile;

/**
 * Reports of trainings, made of nothing but the files in their folders: of running, interrupted and
 * resumed trainings, and of those of older programs, as far as they wrote what is shown.
 */
public final class RunReport {

  /** The page of a run, in its folder. */
  public static final String PAGE = "report.html";

  /** The folder of its pictures. */
  public static final String PICTURES = "report";

  private RunReport() {}

  /**
   * Writes the page and the pictures of a run into its folder; older ones are replaced.
   *
   * @return the page
   * @throws org.lsq4j.report.ReportException if the folder is not a run's
   */
  public static Path write(Path folder) {
    Run run = RunFolder.read(folder, nameOf(folder));
    Path page = folder.resolve(PAGE);
    DurableFile.write(page, new ReportPage(List.of(run)).html().getBytes(StandardCharsets.UTF_8));
    RunPictures.of(run)
        .forEach((name, png) -> DurableFile.write(folder.resolve(PICTURES).resolve(name), png));
    return page;
  }

  /**
   * Writes a page that compares runs.
   *
   * @param folders of the runs, at least two
   * @param page the file
   * @return what the page says of runs that differ in their seeds only
   * @throws org.lsq4j.report.ReportException if a folder is not a run's
   */
  public static List<SeedSummary> compare(List<Path> folders, Path page) {
    List<String> names = names(folders);
    List<Run> runs =
        IntStream.range(0, folders.size())
            .mapToObj(i -> RunFolder.read(folders.get(i), names.get(i)))
            .toList();
    ReportPage comparison = new ReportPage(runs);
    DurableFile.write(page, comparison.html().getBytes(StandardCharsets.UTF_8));
    return comparison.seeds();
  }

  /** Names of folders; whole paths if two have the same name. */
  private static List<String> names(List<Path> folders) {
    List<String> names = folders.stream().map(RunReport::nameOf).toList();
    Set<String> different = new HashSet<>(names);
    return different.size() == names.size() ? names : folders.stream().map(Path::toString).toList();
  }

  private static String nameOf(Path folder) {
    return folder.toAbsolutePath().normalize().getFileName().toString();
  }
}
