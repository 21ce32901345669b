/**
 * How long many small migrations take from empty, by their number: `make bench-migrations`. This program, psql running the
 * same statements with the same rows in ledger and events, and other tools, in turns in the same run. Starts a server of
 * its own. No part of the tests, and decides nothing.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startServer } from "../sandbox/server";
import { makeProgramDatabase, type ProgramDatabase } from "../test/support/servers/programDatabase";
import { findPsql, runPsql } from "../test/support/servers/psql";
import { type Change, type Form, writeFolder } from "./tools/folders";
import { installPeers } from "./tools/install";
import { prepareTool } from "./tools/process";
import type { Task } from "./tools/task";

/** First argument: the most migrations. Second: how often each is measured. */
const most = Number(process.argv[2] ?? 1_000);
const repetitions = Number(process.argv[3] ?? 3);
const sizes = [50, 200, 1_000].filter((size) => size <= most);
const peers: readonly Form[] = ["node-pg-migrate", "graphile-migrate", "postgrator"];

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const changeOf = (number: number): Change => ({
  number,
  name: `table_${number}`,
  sql: `CREATE TABLE dagapp.t${number} (id INTEGER PRIMARY KEY);`,
  undo: `DROP TABLE IF EXISTS dagapp.t${number};`,
  tables: [`t${number}`],
  transactional: true,
});

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
interface Measured {
  readonly ms: number;
  readonly queries: number | null;
  readonly connections: number | null;
}

/** Who runs, and how: each from an empty database of its own. */
interface Runner {
  readonly label: string;
  run(database: ProgramDatabase, changes: readonly Change[]): Promise<Measured>;
}

async function main(): Promise<void> {
  installPeers();
  const psql = findPsql();
  const server = await startServer({ settings: { max_locks_per_transaction: "1024" } });
  const place = await mkdtemp(join(tmpdir(), "bench-migrations-"));
  const taskOf = async (database: ProgramDatabase, form: Form, size: number): Promise<Task> => {
    const { settings, access, names } = database;
    return {
      ...{ form, folder: join(place, `${form.replace(/ /g, "-")}-${size}`), transactional: true },
      login: {
        ...{ host: server.host, port: server.port, database: settings.server.database },
        ...{ user: server.superuser.name, password: server.superuser.password },
      },
      stack: { settings, password: (await access.passwordOf("admin", names.admin)) ?? "" },
    };
  };
  const tool = (form: Form, withStart: boolean): Runner => ({
    label: withStart ? `${form}, with the start of its process` : form,
    run: async (database, changes) => {
      const task = await taskOf(database, form, changes.length);
      await writeFolder(task.folder, form, changes);
      const started = performance.now();
      const ended = await (await prepareTool(task)).go();
      if (!ended.ok) throw new Error(`${form}: ${ended.error}`);
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
  ];
  try {
    say(
      "| migrations | tool | ms: min, median, max | each, ms | to the first | statements each | connections |",
    );
    say("| --- | --- | --- | --- | --- | --- | --- |");
    for (const size of sizes) {
      const changes = Array.from({ length: size }, (_, index) => changeOf(index + 1));
      const runs = new Map<Runner, Measured[]>(runners.map((one) => [one, []]));
      for (let n = 0; n < repetitions; n += 1) {
        for (const one of runners) {
          const database = await makeProgramDatabase(server);
          runs.get(one)?.push(await one.run(database, changes));
          await database.rows("DROP SCHEMA dagapp CASCADE");
          await database.close();
        }
      }
      let first = NaN;
      for (const one of runners) {
        const measured = [...(runs.get(one) ?? [])].sort((a, b) => a.ms - b.ms);
        const middle = measured[Math.floor(measured.length / 2)];
        if (middle === undefined) continue;
        if (Number.isNaN(first)) first = middle.ms;
        const { queries, connections } = middle;
        const ms = [measured[0], middle, measured.at(-1)].map((run) => (run?.ms ?? NaN).toFixed(0));
        const each = queries === null ? "?" : (queries / size).toFixed(1);
        const cells = [size, one.label, ms.join(", "), (middle.ms / size).toFixed(2)];
        const more = [(middle.ms / first).toFixed(2), each, connections ?? "?"];
        say(`| ${[...cells, ...more].join(" | ")} |`);
      }
    }
  } finally {
    await server.stop();
    await rm(place, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
