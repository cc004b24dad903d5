package org.lsq4j.quantizer;

/** What a quantizer quantizes. */
public enum QuantizerRole {
  /** The weights of a layer. */
  WEIGHT,
  /** The input activations of a layer. */
  INPUT
}
