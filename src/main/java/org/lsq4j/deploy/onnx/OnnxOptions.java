package org.lsq4j.deploy.onnx;

import java.util.Objects;

/**
 * What ONNX model to write.
 *
 * @param form how quantizers are written
 * @param opset version of ONNX's operators, {@value #OLDEST_OPSET} to {@value #NEWEST_OPSET}; from
 *     {@value #FOUR_BIT_OPSET} on weights of 2 to 4 bits are stored in 4 bits, before that in 8
 * @param batch examples computed at a time; {@value #DYNAMIC} for any number
 */
public record OnnxOptions(OnnxForm form, int opset, int batch) {

  /** The first with DequantizeLinear for each channel. */
  public static final int OLDEST_OPSET = 13;

  /** The newest one that is tested. */
  public static final int NEWEST_OPSET = 24;

  /** The first with INT4. */
  public static final int FOUR_BIT_OPSET = 21;

  /** A batch of any size. */
  public static final int DYNAMIC = 0;

  /** QuantizeLinear and DequantizeLinear with 4-bit weights, any batch. */
  public static final OnnxOptions DEFAULT = new OnnxOptions(OnnxForm.QDQ, FOUR_BIT_OPSET, DYNAMIC);

  /** Checks the numbers. */
  public OnnxOptions {
    Objects.requireNonNull(form, "form");
    if (opset < OLDEST_OPSET || opset > NEWEST_OPSET) {
      throw new IllegalArgumentException(
          "opset: must be " + OLDEST_OPSET + " to " + NEWEST_OPSET + ", got " + opset);
    }
    if (batch < 0) {
      throw new IllegalArgumentException("batch: must be 1 or more, or dynamic, got " + batch);
    }
  }

  /** The same with another form. */
  public OnnxOptions withForm(OnnxForm newForm) {
    return new OnnxOptions(newForm, opset, batch);
  }

  /** The same with another opset. */
  public OnnxOptions withOpset(int newOpset) {
    return new OnnxOptions(form, newOpset, batch);
  }

  /** The same with another batch. */
  public OnnxOptions withBatch(int newBatch) {
    return new OnnxOptions(form, opset, newBatch);
  }

  boolean hasFourBitTypes() {
    return opset >= FOUR_BIT_OPSET;
  }
}
