/** From trained DL4J networks to graphs of integer operations. */
package org.lsq4j.deploy.export;
