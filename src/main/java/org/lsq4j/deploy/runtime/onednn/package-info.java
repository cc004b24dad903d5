/** Runs programs with oneDNN's 8-bit primitives, several examples at a time. Without ND4J. */
package org.lsq4j.deploy.runtime.onednn;
