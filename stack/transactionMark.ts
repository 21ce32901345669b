/**
 * What tells a transaction from those before and after it in the same session: when its BEGIN came in. A COMMIT changes
 * it, AND CHAIN or not, and a savepoint does not; the list of locks, which knows it too, takes longer to read the more of
 * them the server has room for. As a number of seconds: no setting of a session changes how that is printed.
 * Pure. Does NOT ask for it.
 */

/** One expression; its names are qualified. */
export const transactionMark =
  "EXTRACT(epoch FROM pg_catalog.transaction_timestamp())::pg_catalog.text";
