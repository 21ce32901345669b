/**
 * What readers and writers of a busy table feel of a migration, beside other migration tools in the same run:
 * `make bench-latency`. Each tool makes the same change while a transaction is in its way; the baseline is the same load
 * and the same transaction without a migration. Starts a server of its own. No part of the tests, and decides nothing.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { PoolConfig } from "pg";

import { startServer } from "../sandbox/server";
import { arrange } from "../test/support/program/runs";
import { makeProgramDatabase, type ProgramDatabase } from "../test/support/servers/programDatabase";
import { type Form, writeFolder } from "./tools/folders";
import { installPeers } from "./tools/install";
import { randomFrom, Samples, startTraffic, type Traffic } from "./tools/load";
import { peerTables } from "./tools/peers";
import { prepareTool } from "./tools/process";
import { printRows, type Row } from "./tools/report";
import { runBenchmark } from "./tools/rows";
import { type Scenario, scenarios, table } from "./tools/scenarios";
import type { Ended, Task } from "./tools/task";

/** One short round of the first scenario, of this program alone: where it is asked for, and among other benchmarks. */
const isQuick = process.argv.includes("quick") || require.main !== module;

const rows = isQuick ? 10_000 : 100_000;
const heldMs = isQuick ? 2_500 : 8_000;
const seed = 20261126;
/** Load alone, before anything else. Not part of what is measured: the pool and the caches are new. */
const warmMs = 500;
/** From the first lock of the transaction in the way to the migration, and from its end to the end of the load. */
const leadMs = 500;
const tailMs = 2_000;
const shortestMs = isQuick ? 3_000 : 6_000;

const readers: Traffic = {
  ...{ perSecond: 200, connections: 24, rows },
  sql: `SELECT id, kind, note FROM ${table} WHERE id = $1`,
};
const writers: Traffic = {
  ...{ perSecond: 50, connections: 12, rows },
  sql: `UPDATE ${table} SET note = 'seen' WHERE id = $1`,
};

/** A row of the tables: a tool, perhaps with a lock timeout other than its default. Null: no migration at all. */
interface Contender {
  readonly label: string;
  readonly form: Form | null;
  readonly environment: Readonly<Record<string, string>>;
  /** This program's setting, in milliseconds; its default is Pulumi.yaml's. */
  readonly lockTimeoutMs: number;
}

const usual = { environment: {}, lockTimeoutMs: 2_000 } as const;
const plain = (form: Form): Contender => ({ label: form, form, ...usual });
const ours = plain("this program");
const oursShorter: Contender = {
  ...{ ...ours, label: "this program, lockTimeoutMs 500", lockTimeoutMs: 500 },
};
/** None of them documents a lock timeout of its own; PostgreSQL's reaches them by libpq's variable. */
const hurried = (form: Form): Contender => ({
  ...{ ...plain(form), label: `${form}, lock_timeout 2 s` },
  environment: { PGOPTIONS: "-c lock_timeout=2000" },
});
const baseline: Contender = { label: "no migration", form: null, ...usual };
const others: readonly Form[] = [
  ...(["node-pg-migrate", "graphile-migrate", "postgrator", "dbmate"] as const),
  ...(["umzug", "kysely"] as const),
];
const contenders: readonly Contender[] = isQuick
  ? [baseline, ours]
  : [baseline, ours, oursShorter, ...others.map(plain), hurried("node-pg-migrate")];
const few: readonly Contender[] = [baseline, ours, plain("node-pg-migrate")];

/** The database, and what it takes to work in it. */
interface Place {
  readonly database: ProgramDatabase;
  readonly server: { readonly host: string; readonly port: number };
  readonly password: string;
  readonly superuser: { readonly name: string; readonly password: string };
}

const userOf = ({ database, server, password }: Place): PoolConfig => ({
  ...{ host: server.host, port: server.port, password, user: database.names.service },
  database: database.settings.server.database,
});

async function fill(database: ProgramDatabase): Promise<void> {
  await arrange(
    database,
    `CREATE TABLE ${table} (id INTEGER PRIMARY KEY, kind TEXT, note TEXT) WITH (fillfactor = 50)`,
    `INSERT INTO ${table} SELECT n, NULL, repeat('x', 40) FROM generate_series(1, ${rows}) AS n`,
    "CREATE TABLE dagapp.other AS SELECT 1 AS id",
  );
  await database.rows(`VACUUM ANALYZE ${table}`);
}

/** Opens the transaction that is in the way. Resolves when it has its locks; `over` when it has ended by itself. */
async function hold(
  { database }: Place,
  { held, heldMs }: Scenario,
): Promise<{ readonly over: Promise<void> }> {
  if (held.length === 0) return { over: Promise.resolve() };
  const client = await database.connect("service");
  await client.query("BEGIN");
  for (const statement of held) await client.query(statement);
  const end = async (): Promise<void> => {
    await sleep(heldMs);
    await client.query("COMMIT");
    await client.end();
  };
  return { over: end() };
}

/** The traces that runs of the other tools leave: each starts as on its first day. */
async function forget({ database }: Place, { undo }: Scenario): Promise<void> {
  for (const statement of undo) await database.rows(statement);
  for (const name of peerTables) await database.rows(`DROP TABLE IF EXISTS public.${name}`);
  await database.rows("DROP SCHEMA IF EXISTS graphile_migrate CASCADE");
  await database.rows("TRUNCATE public.schema_migrations, public.schema_migration_events");
  await database.rows(
    `INSERT INTO public.schema_migration_events (kind, detail) VALUES ('stamped', '{"tier": "dev"}')`,
  );
  await database.rows(`VACUUM ANALYZE ${table}`);
}

interface Measured {
  readonly ended: Ended | null;
  readonly readers: Samples;
  readonly writers: Samples;
  readonly outcome: string;
}

async function measure(
  place: Place,
  scenario: Scenario,
  { form, environment, lockTimeoutMs }: Contender,
  round: number,
): Promise<Measured> {
  const { database, server, superuser, password } = place;
  await forget(place, scenario);
  const folder = await mkdtemp(join(tmpdir(), "bench-latency-"));
  const { change, asBatch } = scenario;
  const sql = form === "this program" ? (asBatch ?? change.sql) : change.sql;
  // A batch is a transaction for each of its rounds.
  const transactional = sql === change.sql && change.transactional;
  if (form !== null) {
    await writeFolder(folder, form, [{ ...change, number: 1, sql, transactional }]);
  }
  const { settings } = database.accessWith({
    ...{ lockTimeoutMs: String(lockTimeoutMs), lockBudgetMs: "60000" },
  });
  const task: Omit<Task, "form"> = {
    ...{ folder, transactional },
    login: {
      ...{ host: server.host, port: server.port, database: database.settings.server.database },
      ...{ user: superuser.name, password: superuser.password },
    },
    stack: { settings, password },
  };
  const tool = form === null ? null : await prepareTool({ ...task, form }, environment);
  // The same moments and rows for every tool of a round.
  const random = randomFrom(seed + round);
  const user = userOf(place);
  const traffic = await Promise.all([
    startTraffic(user, readers, random),
    startTraffic(user, writers, randomFrom(seed - 1 - round)),
  ]);
  await sleep(warmMs);
  const started = performance.now();
  const holder = await hold(place, scenario);
  await sleep(leadMs);
  const ended = (await tool?.go()) ?? null;
  await holder.over;
  await sleep(Math.max(tailMs, shortestMs - (performance.now() - started)));
  const [ofReaders, ofWriters] = await Promise.all(traffic.map((one) => one.stop()));
  await rm(folder, { recursive: true, force: true });
  const [found] = await database.rows(scenario.outcome);
  const remains = found?.["remains"] === true ? ", leaves an invalid index" : "";
  const outcome = form === null ? "-" : `${found?.["done"] === true ? "yes" : "no"}${remains}`;
  if (ofReaders === undefined || ofWriters === undefined) throw new Error("no traffic");
  return { ended, readers: ofReaders, writers: ofWriters, outcome };
}

/** One row for each tool, over all rounds; the tools take turns within a round. */
async function run(
  place: Place,
  scenario: Scenario,
  taking: readonly Contender[],
  rounds: number,
): Promise<readonly Row[]> {
  const gathered = new Map<Contender, Measured[]>(taking.map((one) => [one, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const one of taking) {
      gathered.get(one)?.push(await measure(place, scenario, one, round));
    }
  }
  return [...gathered].map(([{ label }, measured]): Row => {
    const [ofReaders, ofWriters] = [new Samples(), new Samples()];
    for (const one of measured) {
      ofReaders.add(one.readers);
      ofWriters.add(one.writers);
    }
    return {
      label,
      outcome: [...new Set(measured.map(({ outcome }) => outcome))].join("; "),
      error: measured.find(({ ended }) => ended?.ok === false)?.ended?.error ?? "",
      migrationMs: measured.flatMap(({ ended }) => (ended === null ? [] : [ended.ms])),
      readers: ofReaders.summary(),
      writers: ofWriters.summary(),
    };
  });
}

type Parts = readonly [scenario: Scenario, taking: readonly Contender[], rounds: number];

/** What was measured in one scenario. */
interface Measurement {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** Measures the scenarios, and tells of each as soon as it is measured. */
export async function measureLatency(tell: (one: Measurement) => void): Promise<void> {
  if (!isQuick) installPeers();
  const server = await startServer({ settings: { max_connections: "120" } });
  try {
    const database = await makeProgramDatabase(server);
    const password = (await database.access.passwordOf("admin", database.names.admin)) ?? "";
    const place: Place = { database, server, password, superuser: server.superuser };
    await fill(database);
    process.stderr.write(
      `PostgreSQL ${server.major} (fsync off), ${cpus().length} cores shared by server, load and tool; ` +
        `${rows.toLocaleString("en-US")} rows; open loop, ${readers.perSecond} reads and ${writers.perSecond} writes ` +
        `a second over ${readers.connections} and ${writers.connections} connections; lock held for ${heldMs / 1000} s; seed ${seed}\n`,
    );
    const [addColumn, addIndex, backfill] = scenarios(heldMs);
    if (addColumn === undefined || addIndex === undefined || backfill === undefined) return;
    const measured = async (...[scenario, taking, rounds]: Parts): Promise<void> => {
      tell({ title: scenario.title, rows: await run(place, scenario, taking, rounds) });
    };
    await measured(addColumn, contenders, isQuick ? 1 : 2);
    if (!isQuick) {
      await measured(addIndex, [...few, hurried("node-pg-migrate")], 1);
      await measured(backfill, few, 1);
    }
    await database.close();
  } finally {
    await server.stop();
  }
}

if (require.main === module) {
  runBenchmark(() =>
    measureLatency(({ title, rows: measured }) => {
      printRows(title, measured);
    }),
  );
}
