/**
 * Measures a batch against one plain UPDATE of the same rows: rows per second, and for how long a row stays locked.
 * Not part of the tests. Prints ratios, since the machine's own speed cancels out of them.
 */
import { setTimeout as sleep } from "node:timers/promises";

import type { Client } from "pg";

import { loadParser } from "../migrations/engine/statements/statements";
import { type Major, MAJORS } from "../sandbox/binaries";
import { startServer } from "../sandbox/server";
import { makeMigration } from "../test/support/files/makeMigration";
import { apply, arrange } from "../test/support/program/runs";
import { makeProgramDatabase, type ProgramDatabase } from "../test/support/servers/programDatabase";

/** First argument: how many rows. Second: the major version. */
const rows = Number(process.argv[2] ?? 5_000_000);
const major = (Number(process.argv[3]) || MAJORS[0]) as Major;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const change = "UPDATE dagapp.item SET kind = 'import' WHERE kind IS NULL";

/** Longest wait of a session that changes one row after another, in milliseconds. */
async function watchRows<T>(
  database: ProgramDatabase,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly longestMs: number }> {
  const client: Client = await database.connect("service");
  await client.query("SET statement_timeout = 0");
  await client.query("SET lock_timeout = 0");
  const state = { over: false, longestMs: 0 };
  const watching = (async () => {
    while (!state.over) {
      const id = 1 + Math.floor(Math.random() * rows);
      const started = Date.now();
      await client.query("UPDATE dagapp.item SET note = 'seen' WHERE id = $1", [id]);
      state.longestMs = Math.max(state.longestMs, Date.now() - started);
      await sleep(1);
    }
  })();
  const result = await work();
  state.over = true;
  await watching;
  await client.end();
  return { result, longestMs: state.longestMs };
}

interface Measured {
  readonly seconds: number;
  readonly longestMs: number;
}

async function measure(
  database: ProgramDatabase,
  name: string,
  work: () => Promise<unknown>,
): Promise<Measured> {
  await arrange(
    database,
    "DROP TABLE IF EXISTS dagapp.item",
    "CREATE TABLE dagapp.item (id INTEGER PRIMARY KEY, kind TEXT, note TEXT)",
  );
  for (let from = 1; from <= rows; from += 500_000) {
    const to = Math.min(rows, from + 499_999);
    await arrange(
      database,
      `INSERT INTO dagapp.item SELECT n, NULL, repeat('x', 40) FROM generate_series(${from}, ${to}) n`,
    );
  }
  await database.rows("VACUUM ANALYZE dagapp.item");
  await database.rows("CHECKPOINT");
  const started = Date.now();
  const { longestMs } = await watchRows(database, work);
  const seconds = (Date.now() - started) / 1000;
  const left = await database.rows("SELECT count(*) AS n FROM dagapp.item WHERE kind IS NULL");
  if (Number(left[0]?.["n"]) !== 0) throw new Error(`${name} left rows unchanged`);
  say(
    `${name.padEnd(14)} ${seconds.toFixed(1).padStart(7)} s  ${Math.round(rows / seconds)
      .toLocaleString("en-US")
      .padStart(9)} rows/s  longest wait for a row ${longestMs} ms`,
  );
  return { seconds, longestMs };
}

async function main(): Promise<void> {
  await loadParser();
  const server = await startServer({
    major,
    durable: true,
    settings: { max_wal_size: "4GB", shared_buffers: "512MB" },
  });
  const database = await makeProgramDatabase(server);
  say(`${rows.toLocaleString("en-US")} rows, PostgreSQL ${major}`);
  const plain = await measure(database, "plain UPDATE", async () => {
    const client = await database.connect("infrastructure");
    await client.query("SET statement_timeout = 0");
    await client.query(change);
    await client.end();
  });
  const batch = await measure(database, "-- batch", async () => {
    const access = database.accessWith({ statementTimeoutMs: "0", lockTimeoutMs: "2000" });
    await apply(database, makeMigration({ body: `-- batch\n${change};` }), { access, onLog: say });
  });
  say(
    `the batch runs at ${(plain.seconds / batch.seconds).toFixed(2)} of the plain UPDATE's speed; ` +
      `its longest row lock is ${(batch.longestMs / plain.longestMs).toFixed(4)} of the plain one's`,
  );
  await database.close();
  await server.stop();
}

void main();
