package org.lsq4j.data;

import java.util.Optional;

/**
 * What a listing says of a data set.
 *
 * @param name name to load it by
 * @param description what it holds
 * @param licence its licence, or that none is stated
 * @param location where it was found; empty if it must be fetched first
 */
public record DatasetInfo(
    String name, String description, String licence, Optional<String> location) {}
