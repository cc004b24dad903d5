package org.lsq4j.data;

/** What the pixels of an image set are stored as. */
public enum PixelType {
  /** Unsigned bytes, 0 to 255. */
  UINT8,
  /** Finite real values of any range. */
  FLOAT
}
