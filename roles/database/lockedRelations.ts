/**
 * Mends what locks a table or view against everybody: each in a transaction of its own, that waits for its lock less
 * long than the server waits before it looks for a deadlock. Whoever works with two such tables is so never chosen to
 * fail, and whoever keeps one locked holds up nothing but what concerns that one.
 * Does NOT mend what needs no such lock (heal.ts), nor decide what deviates (acl.ts).
 */
import { setTimeout as sleep } from "node:timers/promises";

import type { Client } from "pg";

import { inTransaction, signsOf } from "../../stack/connection";
import { isTransient } from "../../stack/transientError";
import type { Deviation } from "../model";
import { Mender } from "./mender";

/** How long one relation is tried for, how long all of them together, and the pause between two tries. Milliseconds. */
const patienceMs = 5_000;
const patienceInAllMs = 20_000;
const pauseMs = 100;

/** What came of it: what the server carried out, and why it did not carry out the rest, by the deviation's text. */
export interface MendedApart {
  readonly done: readonly Deviation[];
  readonly reasons: ReadonlyMap<string, string>;
}

/**
 * Mends deviations that name a relation which they lock, relation by relation.
 *
 * @param usable       Roles whose rights this login has.
 * @param lockTimeout  Longest wait for a lock, in milliseconds, where the server's deadlock_timeout is not shorter.
 * @throws {DatabaseError} a lost connection, or what no other statement would survive either.
 */
export async function mendApart(
  client: Client,
  deviations: readonly Deviation[],
  usable: ReadonlySet<string>,
  lockTimeout: number,
): Promise<MendedApart> {
  const groups = new Map<string, Deviation[]>();
  for (const one of deviations) {
    const key = one.locks ?? "";
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const done: Deviation[] = [];
  const reasons = new Map<string, string>();
  const began = Date.now();
  for (const [relation, group] of groups) {
    const left = Math.min(patienceMs, patienceInAllMs - (Date.now() - began));
    const failed = await mendOne(client, relation, group, usable, { lockTimeout, patience: left });
    done.push(...group.filter(({ text }) => !failed.has(text)));
    for (const [text, reason] of failed) reasons.set(text, reason);
  }
  return { done, reasons };
}

/** Tries until it has the lock or patience ends; at least once. Returns what failed, with the reason. */
async function mendOne(
  client: Client,
  relation: string,
  group: readonly Deviation[],
  usable: ReadonlySet<string>,
  limits: { readonly lockTimeout: number; readonly patience: number },
): Promise<ReadonlyMap<string, string>> {
  const began = Date.now();
  for (;;) {
    const mender = new Mender(client);
    let isInTheWay = false;
    try {
      await inTransaction(client, async () => {
        await client.query(
          `SELECT set_config('lock_timeout', least($1, setting::integer / 2)::text, true)
             FROM pg_settings WHERE name = 'deadlock_timeout'`,
          [limits.lockTimeout],
        );
        await mender.mend(group, usable);
      });
      isInTheWay = group.some((one) => mender.isBlocked(one));
    } catch (error) {
      if (!isTransient(signsOf(error))) throw error;
      isInTheWay = true;
    }
    if (!isInTheWay) return mender.failures();
    if (Date.now() - began + pauseMs > limits.patience) {
      const reason = await holdersOf(client, relation);
      const refused = mender.failures();
      return new Map(
        group.map((one) => [
          one.text,
          (mender.isBlocked(one) ? undefined : refused.get(one.text)) ?? reason,
        ]),
      );
    }
    await sleep(pauseMs * (0.5 + Math.random()));
  }
}

/**
 * Who keeps a relation locked now, for people; of null, who keeps any locked against everybody, as only that stops GRANT
 * and REVOKE.
 */
export async function holdersOf(client: Client, relation: string | null): Promise<string> {
  const { rows } = await client.query<{ holder: string; relation: string }>(
    `SELECT DISTINCT format('%s (process %s)', coalesce(a.usename, 'a prepared transaction'), l.pid) AS holder,
            l.relation::regclass::text AS relation
       FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE l.locktype = 'relation' AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND CASE WHEN $1::text IS NULL THEN l.mode = 'AccessExclusiveLock' AND l.relation >= 16384
                 ELSE l.relation = to_regclass($1)::oid END
      ORDER BY 1, 2`,
    [relation],
  );
  const who = rows.map((row) => `${row.holder} keeps ${row.relation} locked`);
  const said = who.length === 0 ? "another session keeps it locked" : who.join(", ");
  return `${said}: end that transaction, or wait for its end, and heal again`;
}
