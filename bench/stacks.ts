/**
 * What the engine adds: `pulumi up` of many small migrations from empty, and `pulumi preview` of as many that are unchanged,
 * beside the preview of a program that declares nothing: `make bench-stacks`. Starts a server and stacks of its own.
 * No part of the tests, and decides nothing. Arguments: the numbers of migrations.
 */
import { writeFile } from "node:fs/promises";

import { startServer } from "../sandbox/server";
import { smallMigrations } from "../test/support/files/smallMigrations";
import {
  done,
  makePulumiHome,
  ProgramStack,
  removeFolder,
} from "../test/support/program/programStack";
import { makeTierDatabase } from "../test/support/servers/tierDatabase";
import { type BenchRow, printTable, runBenchmark } from "./tools/rows";

/** How often each preview is measured. */
const repetitions = 3;

async function previews(stack: ProgramStack): Promise<readonly number[]> {
  const ms: number[] = [];
  for (let n = 0; n < repetitions; n += 1) {
    const started = performance.now();
    done(await stack.preview());
    ms.push(performance.now() - started);
  }
  return ms;
}

/** From the first migration's start to the last one's end, as the events have it. */
const spanQuery = `
SELECT 1000 * extract(epoch FROM max(happened_at) FILTER (WHERE kind = 'applied')
                              - min(happened_at) FILTER (WHERE kind = 'started'))::float8 AS ms
  FROM public.schema_migration_events`;

/** @param sizes  Numbers of migrations. */
export async function measureStacks(sizes: readonly number[]): Promise<readonly BenchRow[]> {
  const server = await startServer({ settings: { max_locks_per_transaction: "1024" } });
  const home = await makePulumiHome();
  const rows: BenchRow[] = [];
  try {
    for (const size of sizes) {
      const database = await makeTierDatabase(server);
      const config = { extensions: [] };
      const files = smallMigrations(Array.from({ length: size }, () => ({})));
      const stack = await ProgramStack.make(database, { tier: "dev", files, config, home });
      const empty = await ProgramStack.make(database, { tier: "dev", files: {}, config, home });
      await writeFile(empty.file("index.ts"), "export {};\n");
      const started = performance.now();
      done(await stack.up());
      const whole = performance.now() - started;
      const [span] = (await database.sql("superuser", spanQuery)) as [{ readonly ms: number }];
      const up = { work: "pulumi up", size };
      rows.push({ ...up, tool: "the migrations in it", ms: [span.ms], note: each(span.ms, size) });
      rows.push({ ...up, tool: "with roles, privileges and proofs", ms: [whole] });
      const preview = { work: "pulumi preview, unchanged", size };
      rows.push({ ...preview, tool: "a program that declares nothing", ms: await previews(empty) });
      rows.push({ ...preview, tool: "this program", ms: await previews(stack) });
      await stack.remove();
      await empty.remove();
    }
  } finally {
    await server.stop();
    await removeFolder(home);
  }
  return rows;
}

const each = (ms: number, count: number): string => `${(ms / count).toFixed(0)} ms each`;

if (require.main === module) {
  const sizes = process.argv.slice(2).map(Number);
  runBenchmark(async () => {
    printTable(await measureStacks(sizes.length > 0 ? sizes : [50, 200, 1_000]));
  });
}
