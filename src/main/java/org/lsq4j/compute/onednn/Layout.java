package org.lsq4j.compute.onednn;

import org.lsq4j.compute.TensorForm;

/** The order in which a tensor's floats lie in memory. */
enum Layout {
  /** [N, H, W, C]. */
  CHANNELS_LAST,
  /** [N, C / 16, H, W, 16]. */
  CHANNEL_BLOCKS;

  /** That of a form whose numbers are floats. */
  static Layout of(TensorForm form) {
    return form.encoding() == TensorForm.Encoding.FLOAT_BLOCKS ? CHANNEL_BLOCKS : CHANNELS_LAST;
  }
}
