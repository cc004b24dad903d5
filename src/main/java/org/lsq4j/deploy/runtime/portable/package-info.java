/** Runs programs in plain Java, one example after the other. */
package org.lsq4j.deploy.runtime.portable;
