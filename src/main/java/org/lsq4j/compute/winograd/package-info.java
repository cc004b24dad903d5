/**
 * Convolutions of few channels by Winograd's algorithm, in Java's vector module. Tensors are NHWC
 * floats in native memory. Without ND4J and oneDNN.
 *
 * <p>Andrew Lavin and Scott Gray, Fast Algorithms for Convolutional Neural Networks (CVPR 2016):
 * F(4x4, 3x3) computes a tile of 4x4 results from the 6x6 pixels d that they depend on and a kernel
 * g as Y = A'[(G g G') * (B' d B)]A, where * multiplies element by element and ' transposes. Over
 * all channels the multiplication is a matrix product for each of 36 elements.
 *
 * <p>The methods with loops over vectors are larger than what HotSpot makes part of their callers
 * (325 bytes of code): it keeps vectors out of objects only until a method with all its parts has
 * so many nodes, and two loops in one are too many. Some are written out for that reason.
 */
package org.lsq4j.compute.winograd;
