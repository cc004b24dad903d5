/**
 * The packed file format: {@code packed-format.md} in the documentation specifies it. Needs neither
 * DL4J nor ND4J.
 */
package org.lsq4j.deploy.format;
