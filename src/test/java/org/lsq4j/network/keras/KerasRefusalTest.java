package org.lsq4j.network.keras;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.bytedeco.hdf5.H5File;
import org.bytedeco.hdf5.global.hdf5;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lsq4j.network.ModelFormatException;
import org.lsq4j.network.Networks;
import org.lsq4j.network.keras.KerasModels.Convolution;

/** Files that cannot be imported are refused in one line that says why. */
class KerasRefusalTest {

  @TempDir private Path folder;
  private int files;

  private void assertRefused(Path file, String reason) {
    ModelFormatException error =
        assertThrows(ModelFormatException.class, () -> Networks.load(file));
    assertTrue(error.getMessage().startsWith(file.toString()), error.getMessage());
    assertTrue(error.getMessage().contains(reason), error.getMessage());
    assertEquals(1, error.getMessage().lines().count(), error.getMessage());
  }

  private Path write(KerasModelWriter model) {
    return model.write(folder.resolve("model" + files++ + ".h5"));
  }

  private static KerasModelWriter model() {
    KerasModelWriter model = new KerasModelWriter(1, 4, 4, 2);
    new KerasModels(model).convolution("conv", new Convolution(2, 4, 3, 1, "same"), "relu");
    return model;
  }

  private static KerasModelWriter ended(KerasModelWriter model, int inputs) {
    new KerasModels(model)
        .other("Flatten", "flatten", "{'data_format': 'channels_last'}")
        .dense("dense", inputs, 3, "softmax");
    return model;
  }

  @Test
  void textIsNoModel() throws IOException {
    assertRefused(
        Files.writeString(folder.resolve("text.h5"), "conv2d/kernel:0"), "nor HDF5 as of Keras");
  }

  @Test
  void anHdf5FileOfSomethingElseIsNoModel() {
    Path file = folder.resolve("other.h5");
    try (H5File other = new H5File(file.toString(), hdf5.H5F_ACC_TRUNC())) {
      other.createGroup("temperatures");
      other._close();
    }
    assertRefused(file, "it has no attribute model_config: it is no Keras file, or holds weights");
  }

  @Test
  void damagedFilesAreSaid() throws IOException {
    byte[] whole = Files.readAllBytes(write(ended(model(), 64)));
    for (double share : new double[] {0.01, 0.3, 0.9}) {
      Path cut = folder.resolve("cut.h5");
      Files.write(cut, Arrays.copyOf(whole, (int) (share * whole.length)));
      assertRefused(cut, "it is a damaged HDF5 file");
    }
  }

  @Test
  void unknownLayersAreNamed() {
    KerasModelWriter model = model();
    new KerasModels(model).other("LayerNormalization", "layer_norm", "{'axis': [3]}");
    assertRefused(write(ended(model, 64)), "LayerNormalization");
    KerasModelWriter lambda = model();
    new KerasModels(lambda).other("Lambda", "twice", "{'function': 'x'}");
    assertRefused(write(ended(lambda, 64)), "twice");
  }

  @Test
  void unknownActivationsAreNamed() {
    KerasModelWriter model = model();
    new KerasModels(model).activation("gelu", "gelu");
    assertRefused(write(ended(model, 64)), "gelu");
  }

  @Test
  void groupedConvolutionsAreRefused() {
    KerasModelWriter model = ended(model(), 64);
    model.layers().get(0).config().put("groups", 2);
    assertRefused(write(model), "layer conv: groups: must be 1, got 2");
  }

  @Test
  void keras3IsRefused() throws IOException {
    assertRefused(write(ended(model(), 64).version("3.1.0")), "it was written by Keras 3");
    Path archive = folder.resolve("model.keras");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
      zip.putNextEntry(new ZipEntry("config.json"));
      zip.putNextEntry(new ZipEntry("model.weights.h5"));
    }
    assertRefused(archive, "it is of Keras 3; write it with Keras 2");
  }

  @Test
  void aModelMustEndInWhatALossCanBePutOn() {
    KerasModelWriter model = model();
    new KerasModels(model).other("Flatten", "flatten", "{'data_format': 'channels_last'}");
    assertRefused(write(model), "flatten");
  }
}
