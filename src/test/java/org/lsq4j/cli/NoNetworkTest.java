package org.lsq4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.data.ImageShape;
import org.lsq4j.experiment.TinyNetwork;

/**
 * Nothing but {@code data fetch} uses the network. Java asks the proxy selector about every
 * connection of its URL, HTTP and socket classes.
 */
class NoNetworkTest {

  private static final List<URI> CONNECTIONS = Collections.synchronizedList(new ArrayList<>());

  @TempDir private static Path folder;

  private static ProxySelector before;

  @BeforeAll
  static void listen() {
    before = ProxySelector.getDefault();
    ProxySelector.setDefault(
        new ProxySelector() {
          @Override
          public List<Proxy> select(URI uri) {
            CONNECTIONS.add(uri);
            return List.of(Proxy.NO_PROXY);
          }

          @Override
          public void connectFailed(URI uri, SocketAddress address, IOException e) {
            // The list above is enough.
          }
        });
  }

  @AfterAll
  static void stop() {
    ProxySelector.setDefault(before);
  }

  /** Otherwise the test below would prove nothing. */
  @Test
  void connectionsAreHeard() throws IOException {
    InetSocketAddress closed = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
    try (Socket socket = new Socket()) {
      assertThrows(IOException.class, () -> socket.connect(closed, 200));
    }
    assertThrows(IOException.class, () -> new URL("http://127.0.0.1:1/").openStream());
    assertEquals(2, CONNECTIONS.size(), CONNECTIONS::toString);
    CONNECTIONS.clear();
  }

  @Test
  void commandsDoNotConnect() throws IOException {
    Path model = folder.resolve("tiny.zip");
    TinyNetwork.write(model, new ImageShape(28, 28, 1), 10);
    Path config = folder.resolve("tiny.yaml");
    Files.writeString(
        config,
        """
        name: tiny
        data: {name: fashion-mnist-mini, trainLimit: 64, testLimit: 32}
        network: {model: "%s"}
        float: {epochs: 1, batch: 32, learningRate: 0.02}
        training: {epochs: 1, batch: 32, learningRate: 0.01}
        runs:
          - {name: W3A4, weights: 3, inputs: 4}
        """
            .formatted(model));
    Path out = folder.resolve("out");
    String trained = out.resolve("W3A4/last.zip").toString();
    CONNECTIONS.clear();

    CommandLineRun.successful("train", config.toString(), "--out", out.toString());
    CommandLineRun.successful("evaluate", trained, "--data", "fashion-mnist-mini");
    CommandLineRun.successful("inspect", trained);
    CommandLineRun.successful("data", "list");
    CommandLineRun.successful(
        "quantize",
        out.resolve("float/last.zip").toString(),
        "--config",
        config.toString(),
        "--out",
        folder.resolve("ptq.zip").toString());
    CommandLineRun.successful(
        "export", trained, "--format", "packed", "--out", folder.resolve("a.lsq").toString());

    assertEquals(List.of(), CONNECTIONS);
  }
}
