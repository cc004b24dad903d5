package org.lsq4j.deploy.format;

import org.lsq4j.deploy.graph.Activation;
import org.lsq4j.deploy.graph.Operation;
import org.lsq4j.deploy.graph.Operation.PoolKind;
import org.lsq4j.quantizer.OffsetMode;

/** The numbers of the packed format. They never change; new ones are added. */
final class Codes {

  static final int INPUT = 1;
  static final int QUANTIZE = 2;
  static final int CONVOLUTION = 3;
  static final int DENSE = 4;
  static final int SCALE_SHIFT = 5;
  static final int ACTIVATE = 6;
  static final int SOFTMAX = 7;
  static final int ADD = 8;
  static final int CONCATENATE = 9;
  static final int POOL = 10;
  static final int ZERO_PAD = 11;
  static final int FLATTEN = 12;

  static final int SIGNED = 1;
  static final int NARROW = 2;
  static final int OFFSET_SHIFT = 2;

  static final int PER_CHANNEL = 1;
  static final int HAS_FACTORS = 1;
  static final int HAS_ADDENDS = 2;

  private Codes() {}

  static int of(Operation operation) {
    if (operation instanceof Operation.Input) {
      return INPUT;
    } else if (operation instanceof Operation.Quantize) {
      return QUANTIZE;
    } else if (operation instanceof Operation.Convolution) {
      return CONVOLUTION;
    } else if (operation instanceof Operation.Dense) {
      return DENSE;
    } else if (operation instanceof Operation.ScaleShift) {
      return SCALE_SHIFT;
    } else if (operation instanceof Operation.Activate) {
      return ACTIVATE;
    } else if (operation instanceof Operation.Softmax) {
      return SOFTMAX;
    } else if (operation instanceof Operation.Add) {
      return ADD;
    } else if (operation instanceof Operation.Concatenate) {
      return CONCATENATE;
    } else if (operation instanceof Operation.Pool) {
      return POOL;
    } else if (operation instanceof Operation.ZeroPad) {
      return ZERO_PAD;
    } else {
      return FLATTEN;
    }
  }

  static int of(OffsetMode mode) {
    return switch (mode) {
      case NONE -> 0;
      case INTEGER -> 1;
      case REAL -> 2;
    };
  }

  static OffsetMode offsetMode(int code) {
    return switch (code) {
      case 0 -> OffsetMode.NONE;
      case 1 -> OffsetMode.INTEGER;
      case 2 -> OffsetMode.REAL;
      default -> throw unknown("kind of offset", code);
    };
  }

  static int of(PoolKind kind) {
    return switch (kind) {
      case MAXIMUM -> 0;
      case AVERAGE -> 1;
      case AVERAGE_WITH_PADDING -> 2;
    };
  }

  static PoolKind poolKind(int code) {
    return switch (code) {
      case 0 -> PoolKind.MAXIMUM;
      case 1 -> PoolKind.AVERAGE;
      case 2 -> PoolKind.AVERAGE_WITH_PADDING;
      default -> throw unknown("kind of pooling", code);
    };
  }

  static int of(Activation function) {
    return switch (function) {
      case RELU -> 0;
      case RELU6 -> 1;
      case LEAKY_RELU -> 2;
      case ELU -> 3;
      case SIGMOID -> 4;
      case HARD_SIGMOID -> 5;
      case TANH -> 6;
      case SOFTPLUS -> 7;
      case SWISH -> 8;
      case GELU -> 9;
      case MISH -> 10;
    };
  }

  static Activation activation(int code) {
    for (Activation function : Activation.values()) {
      if (of(function) == code) {
        return function;
      }
    }
    throw unknown("activation function", code);
  }

  static PackedFormatException unknown(String what, int code) {
    return new PackedFormatException("there is no " + what + " " + code);
  }
}
