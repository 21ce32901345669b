/**
 * How long a name may be.
 * Does NOT quote names.
 */

/** Longest name that PostgreSQL keeps, in bytes. Source: PostgreSQL, NAMEDATALEN - 1. */
export const longestName = 63;
