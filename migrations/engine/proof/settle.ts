/**
 * Finds the order in which statements run: each is tried in a scratch database, and again when others have run before it.
 * Does NOT write a statement, or run anything in a governed database.
 */
import { type Client, DatabaseError } from "pg";

import { runOne } from "../../../stack/connection";
import type { Statement } from "../differences/statement";

/** What came of them. */
export interface Settled {
  /** Those that ran, in the order in which they did: first what a transaction may hold, then what runs alone. */
  readonly done: readonly Statement[];
  /** Those that never did, each with the server's last reason. */
  readonly left: readonly { readonly statement: Statement; readonly reason: string }[];
}

/** Runs them, each by itself; `client` works in a scratch database. */
export async function settle(client: Client, statements: readonly Statement[]): Promise<Settled> {
  const together = await toTheEnd(
    client,
    statements.filter(({ alone }) => alone !== true),
  );
  const apart = await toTheEnd(
    client,
    statements.filter(({ alone }) => alone === true),
  );
  return { done: [...together.done, ...apart.done], left: [...together.left, ...apart.left] };
}

/** Goes round for as long as a round brings something. */
async function toTheEnd(client: Client, statements: readonly Statement[]): Promise<Settled> {
  const done: Statement[] = [];
  let open = statements;
  for (;;) {
    const left: Settled["left"][number][] = [];
    for (const statement of open) {
      const reason = await attempt(client, statement);
      if (reason === null) done.push(statement);
      else left.push({ statement, reason });
    }
    if (left.length === 0 || left.length === open.length) return { done, left };
    open = left.map(({ statement }) => statement);
  }
}

async function attempt(client: Client, { sql }: Statement): Promise<string | null> {
  try {
    await runOne(client, sql);
    return null;
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return error.message;
  }
}
