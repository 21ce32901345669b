/**
 * How long many small migrations take from empty, by their number: `make bench-migrations`. This program, psql running the
 * same statements with the same rows in ledger and events, and other tools, in turns in the same run. Starts a server of
 * its own. No part of the tests, and decides nothing.
 * Arguments: the most migrations, and how often each is measured.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startServer } from "../sandbox/server";
import { makeProgramDatabase, type ProgramDatabase } from "../test/support/servers/programDatabase";
import { findPsql, runPsql } from "../test/support/servers/psql";
import { type Change, type Form, writeFolder } from "./tools/folders";
import { installJvmPeers, installPeers } from "./tools/install";
import { type BenchRow, printTable, runBenchmark } from "./tools/rows";
import { letRun, smallChanges, taskOf } from "./tools/smallChanges";
import type { Ended } from "./tools/task";

const peers: readonly Form[] = ["node-pg-migrate", "graphile-migrate", "postgrator"];

/** What an operator would run by hand, and the rows that a run of this program leaves. */
const psqlText = ({ number, sql }: Change): string => {
  const event = (kind: string): string =>
    `INSERT INTO public.schema_migration_events (kind, version, segment, checksum, rollback_checksum, ticket, detail)
VALUES ('${kind}', '0.${number}.0', ${kind === "segment-done" ? 1 : "NULL"}, 'sha256:${"a".repeat(64)}', 'sha256:${"b".repeat(64)}', 'CHG-2026-0142', '{}');`;
  return `BEGIN;
INSERT INTO public.schema_migrations (version, description, started_at, applied, executed_by, ticket_number)
VALUES ('0.${number}.0', 'table_${number}', clock_timestamp(), false, session_user, 'CHG-2026-0142');
${event("started")}
COMMIT;
BEGIN;
${sql}
${event("segment-done")}
COMMIT;
BEGIN;
UPDATE public.schema_migrations SET applied = true, completed_at = clock_timestamp() WHERE version = '0.${number}.0';
${event("applied")}
COMMIT;
`;
};

/** One measured run. */
type Measured = Pick<Ended, "ms" | "queries" | "connections">;

/** Who runs, and how: each from an empty database of its own. */
interface Runner {
  readonly label: string;
  run(database: ProgramDatabase, changes: readonly Change[]): Promise<Measured>;
}

/**
 * Measures all tools in turns, each from an empty database.
 *
 * @param sizes  How many migrations there are to make.
 */
export async function measureMigrations(
  sizes: readonly number[],
  repetitions: number,
): Promise<readonly BenchRow[]> {
  installPeers();
  const psql = findPsql();
  const server = await startServer({ settings: { max_locks_per_transaction: "1024" } });
  const place = await mkdtemp(join(tmpdir(), "bench-migrations-"));
  const tool = (form: Form, withStart: boolean): Runner => ({
    label: withStart ? `${form}, with the start of its process` : form,
    run: async (database, changes) => {
      const task = await taskOf(server, database, form, join(place, String(changes.length)));
      await writeFolder(task.folder, form, changes);
      const started = performance.now();
      const ended = await letRun(task);
      return { ...ended, ms: withStart ? performance.now() - started : ended.ms };
    },
  });
  const byHand = (path: string): Runner => ({
    label: "psql, the same rows in ledger and events",
    run: async ({ settings }, changes) => {
      const file = join(place, `all-${changes.length}.sql`);
      await writeFile(file, changes.map(psqlText).join(""));
      const { name: user, password } = server.superuser;
      const { host, port, database } = settings.server;
      const started = performance.now();
      await runPsql(path, { host, port, database, user, password, options: "" }, file);
      return { ms: performance.now() - started, queries: changes.length * 10, connections: 1 };
    },
  });
  const runners: readonly Runner[] = [
    ...(psql === undefined ? [] : [byHand(psql)]),
    tool("this program", false),
    tool("this program", true),
    ...peers.map((form) => tool(form, false)),
    ...installJvmPeers().map((form) => tool(form, false)),
  ];
  const rows: BenchRow[] = [];
  try {
    for (const size of sizes) {
      const changes = smallChanges(size);
      const runs = new Map<Runner, Measured[]>(runners.map((one) => [one, []]));
      for (let n = 0; n < repetitions; n += 1) {
        for (const one of runners) {
          const database = await makeProgramDatabase(server);
          runs.get(one)?.push(await one.run(database, changes));
          await database.rows("DROP SCHEMA dagapp CASCADE");
          await database.close();
        }
      }
      for (const [{ label }, measured] of runs) {
        const middle = [...measured].sort((one, other) => one.ms - other.ms)[
          Math.floor(measured.length / 2)
        ];
        rows.push({
          ...{ work: "small migrations from empty", size, tool: label },
          ms: measured.map(({ ms }) => ms),
          statements: middle?.queries ?? null,
          connections: middle?.connections ?? null,
        });
      }
    }
  } finally {
    await server.stop();
    await rm(place, { recursive: true, force: true });
  }
  return rows;
}

if (require.main === module) {
  const most = Number(process.argv[2] ?? 1_000);
  const sizes = [50, 200, 1_000].filter((size) => size <= most);
  runBenchmark(async () => {
    printTable(await measureMigrations(sizes, Number(process.argv[3] ?? 3)));
  });
}
