/**
 * Runs graphs of integer operations. Needs neither DL4J nor ND4J; backends are found with {@link
 * java.util.ServiceLoader}, and all of them give the same bits.
 */
package org.lsq4j.deploy.runtime;
