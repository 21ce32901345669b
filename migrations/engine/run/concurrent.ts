/**
 * Runs a statement that no transaction may hold: CONCURRENTLY in all its forms, VACUUM and the like. Without a lock
 * timeout or a statement timeout, which would leave half-done work behind, each time anew; what an earlier attempt left is
 * cleared away or finished first.
 * Does NOT decide what to do about leftovers (see concurrentWork.ts) or record anything.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { escapeIdentifier } from "pg";

import { errorCode, inTransaction } from "../../../stack/connection";
import { MigrationError } from "../../../stack/errors";
import { type MeasuredAlone, runMeasured } from "../contract/alone";
import { describeBlockers, describeWait } from "../server/blockers";
import { processOf } from "../server/pooling";
import type { RunSession } from "../server/session";
import type { IndexProgress } from "../server/watch";
import { dottedName, type ObjectName } from "../sql/objectName";
import type { Statement } from "../statements/statements";
import {
  chooseApproach,
  type ConcurrentWork,
  concurrentWork,
  type Condition,
  judgeResult,
} from "./concurrentWork";

/** A statement was carried out, but its result is not what it should be. */
class ConcurrentResultError extends MigrationError {
  readonly code = "CONCURRENT_RESULT";
}

/** A snapshot older than this is worth mentioning, in milliseconds. Every query has one for a moment. */
const oldSnapshotMs = 500;

/** How often a statement that runs is mentioned. Milliseconds. */
const mentionEveryMs = 2_000;

/** Pause between two tries for a leftover's table, in milliseconds. */
const pollMs = 500;

const quoted = ({ schema, name }: ObjectName): string =>
  [schema, name]
    .filter((part) => part !== null)
    .map(escapeIdentifier)
    .join(".");

/**
 * @param before  What there was before the first attempt, as `begin` was told then; null in a first attempt.
 * @param begin   Records the intent, before anything is changed.
 * @returns       What it did; null where it had come through before.
 */
export async function runConcurrent(
  session: RunSession,
  statement: Statement,
  title: string,
  before: Condition | null,
  begin: (before: Condition) => Promise<void>,
): Promise<MeasuredAlone | null> {
  const { client, log, limits } = session;
  const work = concurrentWork(statement);
  const now = await conditionOf(session, work);
  await begin(before ?? now);
  const approach = chooseApproach(work.kind, before, now);
  if (approach === "done") {
    log(`${title} had come through before the last run was cut off`);
    return null;
  }
  session.ensureOwnSession(await processOf(session.client));
  let measured: MeasuredAlone;
  // Cut off, it would leave an invalid index or a half detach: only a limit that the file itself asks for holds.
  const longestMs = limits.byFile.statementTimeoutMs ?? 0;
  await client.query(`SET lock_timeout = 0; SET statement_timeout = ${longestMs}`);
  try {
    if (approach === "clear and run") await clearLeftovers(session, work);
    await tellOldSnapshots(session, title);
    measured = await tellProgress(session, title, () =>
      runMeasured(
        client,
        approach === "finalize" && work.kind === "detach"
          ? finalize(session, work)
          : statement.text,
      ),
    );
  } finally {
    const { lockTimeoutMs, statementTimeoutMs } = limits;
    await client
      .query(`SET lock_timeout = ${lockTimeoutMs}; SET statement_timeout = ${statementTimeoutMs}`)
      .catch(() => undefined);
  }
  const wrong = judgeResult(work.kind, await conditionOf(session, work));
  if (wrong === null) return measured;
  throw new ConcurrentResultError(
    `${wrong}.`,
    "Run up again: what is left behind is dropped and built anew. If it comes back, look for another session that does the same.",
  );
}

function finalize({ log }: RunSession, work: ConcurrentWork & { kind: "detach" }): string {
  log(`finishing the detach of ${quoted(work.partition)} that an earlier attempt left half way`);
  return `ALTER TABLE ${quoted(work.table)} DETACH PARTITION ${quoted(work.partition)} FINALIZE`;
}

/** What REINDEX CONCURRENTLY leaves when it is cut off. $1: table or index as text; $2: schema's name. */
const leftoversOfReindex = `
  WITH tables AS (
    SELECT coalesce(i.indrelid, c.oid) AS oid
      FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
     WHERE c.oid = to_regclass($1) OR c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $2) AND c.relkind IN ('r', 'm')
  ), leftovers AS (
    SELECT n.nspname AS schema, c.relname AS name, i.indrelid::regclass::text AS on_table
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE i.indrelid IN (SELECT oid FROM tables) AND NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'
  )`;

/** Catalog questions by kind: each yields one row with a `condition`. $1 is the first name, $2 the second. */
const conditionQueries: Readonly<Record<Exclude<ConcurrentWork["kind"], "other">, string>> = {
  "create index": `
    SELECT CASE WHEN i.indexrelid IS NULL THEN 'absent' WHEN i.indisvalid AND i.indisready THEN 'valid' ELSE 'invalid' END AS condition
      FROM pg_class t LEFT JOIN pg_class c ON c.relnamespace = t.relnamespace AND c.relname = $2
      LEFT JOIN pg_index i ON i.indexrelid = c.oid AND i.indrelid = t.oid
     WHERE t.oid = to_regclass($1)`,
  "drop index": `
    SELECT CASE WHEN i.indexrelid IS NULL THEN 'absent' WHEN i.indisvalid THEN 'valid' ELSE 'invalid' END AS condition
      FROM (SELECT to_regclass($1) AS oid) one LEFT JOIN pg_index i ON i.indexrelid = one.oid`,
  detach: `
    SELECT CASE WHEN h.inhrelid IS NULL THEN 'absent' WHEN h.inhdetachpending THEN 'invalid' ELSE 'valid' END AS condition
      FROM (SELECT to_regclass($1) AS parent, to_regclass($2) AS child) one
      LEFT JOIN pg_inherits h ON h.inhparent = one.parent AND h.inhrelid = one.child`,
  reindex: `${leftoversOfReindex}
    SELECT CASE WHEN EXISTS (SELECT FROM leftovers) THEN 'invalid' ELSE 'valid' END AS condition`,
};

/** The values of the kind's question. */
function valuesOf(work: ConcurrentWork): (string | null)[] {
  switch (work.kind) {
    case "create index":
      return [quoted(work.table), work.index.name];
    case "drop index":
      return [quoted(work.index)];
    case "detach":
      return [quoted(work.table), quoted(work.partition)];
    case "reindex":
      return work.scope === "schema" ? [null, work.on.name] : [quoted(work.on), null];
    case "other":
      return [];
  }
}

async function conditionOf({ client }: RunSession, work: ConcurrentWork): Promise<Condition> {
  if (work.kind === "other") return "absent";
  const { rows } = await client.query<{ condition: Condition }>(
    conditionQueries[work.kind],
    valuesOf(work),
  );
  return rows[0]?.condition ?? "absent";
}

interface Leftover extends ObjectName {
  readonly table: string;
}

/** Drops the invalid index, or what REINDEX left. IF NOT EXISTS would skip the one and keep the other for ever. */
async function clearLeftovers(session: RunSession, work: ConcurrentWork): Promise<void> {
  const { client, log } = session;
  const leftovers: Leftover[] = [];
  if (work.kind === "create index") {
    // Without a schema in the SQL: where the table is.
    const { rows } = await client.query<{ schema: string }>(
      `SELECT n.nspname AS schema FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = to_regclass($1)`,
      [quoted(work.table)],
    );
    const schema = work.index.schema ?? rows[0]?.schema ?? null;
    leftovers.push({ schema, name: work.index.name, table: quoted(work.table) });
  }
  if (work.kind === "reindex") {
    const { rows } = await client.query<Leftover>(
      `${leftoversOfReindex} SELECT schema, name, on_table AS table FROM leftovers`,
      valuesOf(work),
    );
    leftovers.push(...rows);
  }
  for (const leftover of leftovers) {
    if (!(await isLeftOver(session, leftover))) continue;
    log(`dropping the invalid index ${dottedName(leftover)} that an earlier attempt left`);
    await client.query(`DROP INDEX CONCURRENTLY IF EXISTS ${quoted(leftover)}`);
  }
}

/**
 * Waits until nobody builds an index of the table, because one that is being built is invalid too, and says whether it
 * is invalid still. Polls rather than waits: a session that waits has a snapshot, for which the builder would wait.
 */
async function isLeftOver(session: RunSession, leftover: Leftover): Promise<boolean> {
  const { client, log, pid, watch } = session;
  for (let told = false; ; told = true) {
    try {
      return await inTransaction(client, async () => {
        await client.query(`LOCK TABLE ${leftover.table} IN SHARE UPDATE EXCLUSIVE MODE NOWAIT`);
        return isInvalid(session, leftover);
      });
    } catch (error) {
      // A materialized view cannot be locked by hand.
      if (errorCode(error) === "42809") return isInvalid(session, leftover);
      if (errorCode(error) !== "55P03") throw error;
    }
    if (!told) {
      const { rows } = await client.query<{ table: number }>(
        "SELECT to_regclass($1)::oid AS table",
        [leftover.table],
      );
      const who = describeBlockers(await watch.holdersOf(rows[0]?.table ?? 0, [pid]));
      log(`waiting until nobody works on the indexes of ${leftover.table}: ${who}`);
    }
    await sleep(pollMs);
  }
}

async function isInvalid({ client }: RunSession, index: ObjectName): Promise<boolean> {
  const { rows } = await client.query<{ invalid: boolean }>(
    "SELECT NOT indisvalid AS invalid FROM pg_index WHERE indexrelid = to_regclass($1)",
    [quoted(index)],
  );
  return rows[0]?.invalid === true;
}

async function tellOldSnapshots({ watch, pid, log }: RunSession, title: string): Promise<void> {
  const old = await watch.oldSnapshots([pid], oldSnapshotMs);
  if (old.length > 0)
    log(`${title} will wait for old transactions to end: ${describeBlockers(old)}`);
}

const describeProgress = ({
  phase,
  done,
  total,
  lockersDone,
  lockersTotal,
}: IndexProgress): string =>
  [
    phase,
    total > 0 && !phase.startsWith("waiting") ? `${Math.floor((100 * done) / total)} %` : null,
    lockersTotal > 0 ? `${lockersDone} of ${lockersTotal} transactions waited for` : null,
  ]
    .filter((part) => part !== null)
    .join(", ");

/** Says how far it is and whom it waits for, now and then. */
async function tellProgress<T>(
  { watch, pid, log }: RunSession,
  title: string,
  work: () => Promise<T>,
): Promise<T> {
  const started = Date.now();
  let mentioned = started;
  let toldOfWait = false;
  return watch.during(
    pid,
    "all",
    async ({ wait }) => {
      const due = Date.now() - mentioned >= mentionEveryMs;
      if (!due && (wait === null || toldOfWait)) return;
      toldOfWait ||= wait !== null;
      mentioned = Date.now();
      const progress = await watch.indexProgress(pid);
      const running = `has been running for ${Math.round((Date.now() - started) / 1000)} s`;
      const parts = [
        running,
        progress === null ? null : describeProgress(progress),
        wait === null ? null : describeWait(wait),
      ];
      log(`${title} ${parts.filter((part) => part !== null).join(", ")}`);
    },
    work,
  );
}
