package org.lsq4j.network;

import org.lsq4j.quantizer.CodeSign;

/**
 * What values can reach a layer.
 *
 * @param sign unsigned if nothing negative can
 * @param reason why, in a few words
 */
public record InputRange(CodeSign sign, String reason) {

  static InputRange signed(String reason) {
    return new InputRange(CodeSign.SIGNED, reason);
  }

  static InputRange unsigned(String reason) {
    return new InputRange(CodeSign.UNSIGNED, reason);
  }
}
