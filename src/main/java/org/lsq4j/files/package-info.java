/** Files that are whole or not there. */
package org.lsq4j.files;
