/**
 * How long it takes to find out that there is nothing to do, by the number of files: `make bench-files`. This program's
 * plan and `ddl check`, beside other tools over as many files in the same run. Starts a server of its own.
 * No part of the tests, and decides nothing. Argument: the most files.
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { loadMigrations } from "../migrations/engine/survey/load";
import { startServer } from "../sandbox/server";
import { makeProgramDatabase, type ProgramDatabase } from "../test/support/servers/programDatabase";
import { type Form, writeFolder } from "./tools/folders";
import { installPeers } from "./tools/install";
import { type BenchRow, printTable, runBenchmark } from "./tools/rows";
import { letRun, smallChanges, taskOf } from "./tools/smallChanges";
import type { Ended, Task } from "./tools/task";

const forms: readonly Form[] = [
  "this program",
  "node-pg-migrate",
  "graphile-migrate",
  "postgrator",
  "dbmate",
];
const root = join(__dirname, "..");

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

/** Where checks keep what they have found. */
const keptChecks = join(root, ".build", "checked");

/** Does `work` while the last migration has a comment more. */
async function withComment<T>(folder: string, size: number, work: () => T): Promise<T> {
  const last = smallChanges(size).at(-1);
  const name = `${String(last?.number).padStart(3, "0")}_${last?.name}.sql`;
  const path = join(folder, name);
  const text = await readFile(path, "utf8");
  await writeFile(path, `${text}-- ${performance.now()}\n`);
  try {
    return work();
  } finally {
    await writeFile(path, text);
  }
}

/** Milliseconds that `ddl check` takes, with the start of its process. */
function checkMs(folder: string): number {
  const started = performance.now();
  const args = ["cli/bin/ddl.js", "check", "--tier", "prod", "--folder", folder];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`ddl check ended with ${String(status)}: ${stderr}`);
  return performance.now() - started;
}

/** Measures all tools in turns where nothing is left to do. @param sizes  How many files there are, rising. */
export async function measureNothingToDo(
  sizes: readonly number[],
  repetitions: number,
): Promise<readonly BenchRow[]> {
  installPeers();
  // Some tools make all tables in one transaction, and the schema is dropped in one.
  const server = await startServer({ settings: { max_locks_per_transaction: "1024" } });
  const place = await mkdtemp(join(tmpdir(), "bench-files-"));
  const rows: BenchRow[] = [];
  try {
    const database = await makeProgramDatabase(server);
    const others = await makeProgramDatabase(server);
    const task = (form: Form): Promise<Task> => taskOf(server, database, form, place, others);
    for (const size of sizes) {
      for (const form of forms) {
        const one = await task(form);
        await writeFolder(one.folder, form, smallChanges(size));
        if (form === "this program") await recordAsApplied(database, one.folder);
        else {
          await letRun(one);
          // The next tool makes the same tables.
          await others.rows("DROP SCHEMA dagapp CASCADE");
          await others.rows("CREATE SCHEMA dagapp");
        }
      }
      const runs = new Map<Form, Ended[]>(forms.map((form) => [form, []]));
      const whole: number[] = [];
      const checks = { first: [] as number[], again: [] as number[], changed: [] as number[] };
      for (let n = 0; n < repetitions; n += 1) {
        for (const form of forms) {
          const one = await task(form);
          const started = performance.now();
          runs.get(form)?.push(await letRun(one));
          if (form === "this program") whole.push(performance.now() - started);
        }
        const { folder } = await task("this program");
        await rm(keptChecks, { recursive: true, force: true });
        checks.first.push(checkMs(folder));
        checks.again.push(checkMs(folder));
        checks.changed.push(await withComment(folder, size, () => checkMs(folder)));
      }
      for (const [tool, ended] of runs) {
        rows.push({
          ...{ work: "nothing to do", size, tool, ms: ended.map(({ ms }) => ms) },
          statements: ended[0]?.queries ?? null,
          connections: ended[0]?.connections ?? null,
        });
      }
      const label = "this program, with the start of its process";
      rows.push({ work: "nothing to do", size, tool: label, ms: whole });
      const check = { work: "check of all files", size };
      rows.push({ ...check, tool: "ddl check, for the first time", ms: checks.first });
      rows.push({ ...check, tool: "ddl check, nothing changed", ms: checks.again });
      rows.push({ ...check, tool: "ddl check, the last file changed", ms: checks.changed });
    }
    await database.close();
    await others.close();
  } finally {
    await server.stop();
    await rm(place, { recursive: true, force: true });
  }
  return rows;
}

if (require.main === module) {
  const most = Number(process.argv[2] ?? 5_000);
  const sizes = [100, 1_000, 5_000].filter((size) => size <= most);
  runBenchmark(async () => {
    printTable(await measureNothingToDo(sizes, 3));
  });
}
