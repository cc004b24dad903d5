"use strict";
/*
 * What org.lsq4j.quantizer.FakeQuantizer computes, for the page; a test holds the two equal.
 *   u = (x - z) / s,  code = rint(clip(u, n, p)),  xHat = code s + z
 */
const quantizer = {
  /* To nearest, ties to even. */
  rint(value) {
    const floor = Math.floor(value), rest = value - floor;
    if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
    return floor % 2 === 0 ? floor : floor + 1;
  },

  range(bits, codes) {
    if (codes === "unsigned") return {lowest: 0, highest: 2 ** bits - 1};
    const highest = 2 ** (bits - 1) - 1;
    return {lowest: codes === "narrow" ? -highest : -highest - 1, highest};
  },

  /* Means, errors, shares of codes, and the gradient of the mean squared error by LSQ's rules. */
  measure(values, {s, z, lowest, highest}) {
    const levels = highest - lowest + 1, count = values.length;
    const shares = new Array(levels).fill(0), clippedShares = new Array(levels).fill(0);
    let error = 0, clippingError = 0, clipped = 0, sum = 0, ds = 0, dz = 0, ss = 0, zz = 0;
    for (let i = 0; i < count; i++) {
      const x = values[i], u = (x - z) / s;
      const code = quantizer.rint(Math.min(Math.max(u, lowest), highest));
      const xHat = code * s + z, difference = xHat - x, nearest = quantizer.rint(u);
      shares[code - lowest]++;
      sum += xHat;
      error += difference * difference;
      if (nearest < lowest || nearest > highest) {
        clipped++;
        clippedShares[code - lowest]++;
        clippingError += difference * difference;
      }
      // d xHat / ds and d xHat / dz
      const outside = u <= lowest || u >= highest;
      const byStep = outside ? code : nearest - u, byOffset = outside ? 1 : 0;
      ds += 2 * difference * byStep / count;
      dz += 2 * difference * byOffset / count;
      ss += 2 * byStep * byStep / count;
      zz += 2 * byOffset / count;
    }
    let meanCode = 0, variance = 0;
    for (let i = 0; i < levels; i++) {
      shares[i] /= count;
      clippedShares[i] /= count;
      meanCode += shares[i] * (lowest + i);
    }
    for (let i = 0; i < levels; i++) variance += shares[i] * (lowest + i - meanCode) ** 2;
    return {
      error: error / count, clippingError: clippingError / count, clipped: clipped / count,
      roundingError: (error - clippingError) / count, meanValue: sum / count, meanCode,
      codeSpread: Math.sqrt(variance), stepGradient: ds, offsetGradient: dz,
      stepCurvature: ss, offsetCurvature: zz, shares, clippedShares
    };
  },

  /* One gradient step, in units of the curvature; s changes by a factor of 1.25 at most. */
  descend(setting, measured, rate, learnsOffset) {
    const by = (gradient, curvature) => curvature > 0 ? rate * gradient / curvature : 0;
    const wanted = setting.s - by(measured.stepGradient, measured.stepCurvature);
    const s = Math.min(Math.max(wanted, setting.s / 1.25), setting.s * 1.25);
    const moved = learnsOffset ? by(measured.offsetGradient, measured.offsetCurvature) : 0;
    return Object.assign({}, setting, {s, z: setting.z - moved});
  }
};
