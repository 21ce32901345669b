/**
 * How long it takes to find out that there is nothing to do, by the number of files: `make bench-files`. This program's
 * plan and `ddl check`, beside other tools over as many files in the same run. Starts a server of its own.
 * No part of the tests, and decides nothing.
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { loadMigrations } from "../migrations/engine/survey/load";
import { startServer } from "../sandbox/server";
import { makeProgramDatabase, type ProgramDatabase } from "../test/support/servers/programDatabase";
import { type Change, type Form, writeFolder } from "./tools/folders";
import { installPeers } from "./tools/install";
import { prepareTool } from "./tools/process";
import type { Ended, Task } from "./tools/task";

/** First argument: the most files. */
const most = Number(process.argv[2] ?? 5_000);
const sizes = [100, 1_000, 5_000].filter((size) => size <= most);
const repetitions = 3;
const forms: readonly Form[] = [
  "this program",
  "node-pg-migrate",
  "graphile-migrate",
  "postgrator",
  "dbmate",
];
const root = join(__dirname, "..");

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

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** Writes into ledger and events what runs of the files would have left there. */
async function recordAsApplied(database: ProgramDatabase, folder: string): Promise<void> {
  const { migrations, problems } = await loadMigrations(folder);
  if (problems.length > 0) throw new Error(JSON.stringify(problems[0]));
  const texts = migrations.map(({ header, checksum, rollback }) => ({
    ...{ version: header.version, checksum, rollback: rollback?.checksum },
  }));
  await database.rows(
    `WITH new AS (
       SELECT * FROM jsonb_to_recordset($1) AS t (version TEXT, checksum TEXT, rollback TEXT)
        WHERE version NOT IN (SELECT version FROM public.schema_migrations)
     ), rows AS (
       INSERT INTO public.schema_migrations (version, started_at, completed_at, applied, executed_by)
       SELECT version, now(), now(), true, 'bench' FROM new
     )
     INSERT INTO public.schema_migration_events (kind, version, segment, checksum, rollback_checksum)
     SELECT kind, version, segment, checksum, rollback
       FROM new, (VALUES ('started', NULL), ('segment-done', 0), ('segment-done', 1), ('applied', NULL)) AS k (kind, segment)
      ORDER BY version, segment`,
    [JSON.stringify(texts)],
  );
}

/** Seconds that `ddl check` takes, with the start of its process. */
function checkSeconds(folder: string): number {
  const started = performance.now();
  const args = ["cli/bin/ddl.js", "check", "--tier", "prod", "--folder", folder];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`ddl check ended with ${String(status)}: ${stderr}`);
  return (performance.now() - started) / 1000;
}

/** Runs a tool where nothing is left to do. */
async function nothingToDo(task: Task): Promise<Ended> {
  const ended = await (await prepareTool(task)).go();
  if (!ended.ok) throw new Error(`${task.form}: ${ended.error}`);
  return ended;
}

async function main(): Promise<void> {
  installPeers();
  // Some tools make all tables in one transaction, and the schema is dropped in one.
  const server = await startServer({ settings: { max_locks_per_transaction: "1024" } });
  const place = await mkdtemp(join(tmpdir(), "bench-files-"));
  try {
    const database = await makeProgramDatabase(server);
    const { settings, access, names } = database;
    const login = {
      ...{ host: server.host, port: server.port, database: settings.server.database },
      ...{ user: server.superuser.name, password: server.superuser.password },
    };
    const password = (await access.passwordOf("admin", names.admin)) ?? "";
    const others = await makeProgramDatabase(server);
    const taskOf = (form: Form): Task => ({
      ...{ form, folder: join(place, form.replace(/ /g, "-")), transactional: true },
      login: { ...login, database: others.settings.server.database },
      stack: { settings, password },
    });
    say("| files | tool | nothing to do, ms | ratio to this program | statements | connections |");
    say("| --- | --- | --- | --- | --- | --- |");
    for (const size of sizes) {
      const changes = Array.from({ length: size }, (_, index) => changeOf(index + 1));
      for (const form of forms) {
        const task = taskOf(form);
        await writeFolder(task.folder, form, changes);
        if (form === "this program") await recordAsApplied(database, task.folder);
        else {
          await nothingToDo(task);
          // The next tool makes the same tables.
          await others.rows("DROP SCHEMA dagapp CASCADE");
          await others.rows("CREATE SCHEMA dagapp");
        }
      }
      const runs = new Map<Form, Ended[]>(forms.map((form) => [form, []]));
      for (let n = 0; n < repetitions; n += 1) {
        for (const form of forms) runs.get(form)?.push(await nothingToDo(taskOf(form)));
      }
      const msOf = (form: Form): number => median((runs.get(form) ?? []).map(({ ms }) => ms));
      for (const form of forms) {
        const { queries, connections } = runs.get(form)?.[0] ?? {
          queries: null,
          connections: null,
        };
        const cells = [size, form, msOf(form).toFixed(0)];
        const ratio = (msOf(form) / msOf("this program")).toFixed(2);
        say(`| ${[...cells, ratio, queries ?? "?", connections ?? "?"].join(" | ")} |`);
      }
      say(
        `| ${size} | ddl check, with its start | ${(checkSeconds(taskOf("this program").folder) * 1000).toFixed(0)} | | 0 | 0 |`,
      );
    }
    await database.close();
    await others.close();
  } finally {
    await server.stop();
    await rm(place, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
