/**
 * Convolutions of few channels by Winograd's algorithm, in Java's vector module. Tensors are NHWC
 * floats in native memory. Without ND4J and oneDNN.
 *
 * <p>Andrew Lavin and Scott Gray, Fast Algorithms for Convolutional Neural Networks (CVPR 2016):
 * F(4x4, 3x3) computes a tile of 4x4 results from the 6x6 pixels d that they depend on and a kernel
 * g as Y = A'[(G g G') * (B' d B)]A, where * multiplies element by element and ' transposes. Over
 * all channels the multiplication is a matrix product for each of 36 elements.
 *
 * <p>HotSpot keeps vectors out of objects only until a method with all that it is made of has so
 * many nodes; the rest is many times slower. So a method has no more loops over vectors than fit
 * (two of six loads and four stores do, two of six and six do not), some are written out, and all
 * but the smallest are larger than what HotSpot makes part of their callers (325 bytes of code).
 */
package org.lsq4j.compute.winograd;
