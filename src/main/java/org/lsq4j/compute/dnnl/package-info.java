/** What all users of oneDNN share: the library and descriptions of tensors. Without ND4J. */
package org.lsq4j.compute.dnnl;
