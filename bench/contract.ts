/**
 * What it costs to hold a segment to what was judged, by the number of tables that are there: `make bench-contract`.
 * Starts a server of its own. No part of the tests, and decides nothing.
 */
import { lookBefore, measureTransaction } from "../migrations/engine/contract/measure";
import { startServer } from "../sandbox/server";
import { connect } from "../stack/connection";
import { makeProgramDatabase, type ProgramDatabase } from "../test/support/servers/programDatabase";
import { type BenchRow, printTable, runBenchmark } from "./tools/rows";

/** How often each is measured. */
const repetitions = 25;

const statements = {
  "a new table": "CREATE TABLE dagapp.one (id INTEGER PRIMARY KEY, note TEXT)",
  "a new column": "ALTER TABLE dagapp.t1 ADD COLUMN more TEXT",
  "an UPDATE": "UPDATE dagapp.t1 SET note = 'x'",
} as const;

/** Makes tables with a column of text, as the infrastructure role. */
async function fill(database: ProgramDatabase, from: number, to: number): Promise<void> {
  const client = await database.connect("infrastructure");
  await client.query("SET statement_timeout = 0");
  for (let start = from; start < to; start += 100) {
    await client.query(
      `DO $$ BEGIN FOR n IN ${start}..${Math.min(start + 100, to) - 1} LOOP
         EXECUTE format('CREATE TABLE dagapp.t%s (id INTEGER PRIMARY KEY, note TEXT)', n);
       END LOOP; END $$`,
    );
  }
  await client.end();
}

/** @param sizes  Numbers of tables, rising. */
export async function measureContract(sizes: readonly number[]): Promise<readonly BenchRow[]> {
  const server = await startServer();
  const rows: BenchRow[] = [];
  try {
    const database = await makeProgramDatabase(server);
    const { access } = database;
    const parameters = { plan_cache_mode: "force_generic_plan" };
    const works = await connect(access, { account: "migrator", activity: "bench" });
    const looks = await connect(access, { account: "migrator", activity: "bench", parameters });
    let made = 0;
    for (const size of sizes) {
      await fill(database, made, size);
      made = size;
      await database.rows("ANALYZE");
      for (const [tool, statement] of Object.entries(statements)) {
        const ms: number[] = [];
        for (let n = 0; n < repetitions; n += 1) {
          await works.query("BEGIN");
          await works.query(statement);
          const started = performance.now();
          const measured = await measureTransaction(works, (work) => work());
          await lookBefore(looks, measured);
          ms.push(performance.now() - started);
          await works.query("ROLLBACK");
        }
        rows.push({ work: "the contract of a segment", size, tool, ms });
      }
    }
    await works.end();
    await looks.end();
    await database.close();
  } finally {
    await server.stop();
  }
  return rows;
}

if (require.main === module) {
  runBenchmark(async () => {
    printTable(await measureContract([10, 100, 1_000]));
  });
}
