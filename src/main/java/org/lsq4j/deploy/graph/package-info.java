/**
 * A network of integer operations, independent of how it was trained and of how it is run: what the
 * exporters write, the packed format stores and the runtime computes. Needs neither DL4J nor ND4J.
 */
package org.lsq4j.deploy.graph;
