package org.lsq4j.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * A headless Chromium for tests of pages. Where there is none, tests are skipped with a message, or
 * fail with {@code -Dlsq4j.browser=required}, as in CI.
 */
public final class Browser implements AutoCloseable {

  private static final String HOW =
      "Pages are NOT tested: no chromium and chromedriver on the PATH; apt-get install chromium"
          + " chromium-driver";
  private static final int HEIGHT = 1400;
  // It warns that it does not know the protocol of the newest browsers, which is not used here.
  private static final Logger LOGGER = Logger.getLogger("org.openqa.selenium");

  private final ChromeDriver driver;

  private Browser(ChromeDriver driver) {
    this.driver = driver;
  }

  /** Starts it; skips the test if that cannot be. */
  public static Browser start() {
    Optional<File> browser = find("chromium", "chromium-browser", "google-chrome");
    Optional<File> control = find("chromedriver");
    boolean found = browser.isPresent() && control.isPresent();
    if (!found) {
      System.err.println("\n*** " + HOW + "\n");
    }
    if ("required".equals(System.getProperty("lsq4j.browser"))) {
      assertTrue(found, HOW);
    }
    assumeTrue(found, HOW);
    LOGGER.setLevel(Level.SEVERE);
    ChromeOptions options = new ChromeOptions();
    options.setBinary(browser.orElseThrow());
    // Without a sandbox it runs as root too, which CI is; it sees only pages that the tests write.
    options.addArguments(
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage");
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    options.setCapability("goog:loggingPrefs", logs);
    ChromeDriverService service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(control.orElseThrow())
            .usingAnyFreePort()
            .build();
    return new Browser(new ChromeDriver(service, options));
  }

  private static Optional<File> find(String... names) {
    List<String> folders =
        List.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator));
    return Stream.of(names)
        .flatMap(name -> folders.stream().map(folder -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .map(Path::toFile)
        .findFirst();
  }

  /** Opens a file in a window of some width. */
  public void open(Path page, int width) {
    openAddress(page.toUri().toString(), width);
  }

  /** Opens a page in a window of some width. */
  public void openAddress(String address, int width) {
    driver.manage().window().setSize(new Dimension(width, HEIGHT));
    driver.get(address);
  }

  /** For clicks and keys. */
  public ChromeDriver driver() {
    return driver;
  }

  /** What an expression of JavaScript gives. */
  public Object evaluate(String expression) {
    return driver.executeScript("return " + expression);
  }

  /** A number that an expression gives. */
  public double number(String expression) {
    return ((Number) evaluate("Number(" + expression + ")")).doubleValue();
  }

  /** Fails if the page complained of anything, such as an error or a refused download. */
  public void assertNothingLogged() {
    List<String> messages =
        driver.manage().logs().get(LogType.BROWSER).getAll().stream()
            .map(LogEntry::getMessage)
            .toList();
    assertEquals(List.of(), messages);
  }

  /** Fails if the page has to be moved sideways to be read. */
  public void assertFitsWidth() {
    double wide = number("document.documentElement.scrollWidth");
    double window = number("window.innerWidth");
    assertTrue(wide <= window, () -> "page is " + wide + " wide in a window of " + window);
  }

  @Override
  public void close() {
    driver.quit();
  }
}
