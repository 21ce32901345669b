/**
 * How long the check and the healing of privileges take, with how many queries and how much memory, by the number of
 * objects: `make bench-grants`. Starts a server of its own. No part of the tests, and decides nothing.
 */
import { type Client, escapeIdentifier } from "pg";

import { healPrivileges } from "../roles/database/heal";
import { inspectPrivileges } from "../roles/database/inspection";
import { startServer } from "../sandbox/server";
import { makeProgramDatabase, type ProgramDatabase } from "../test/support/servers/programDatabase";
import { type BenchRow, printTable, runBenchmark } from "./tools/rows";

/** How often the check is measured. */
const checks = 3;
/** Roles that exist beside the stack's own. */
const strangers = 20;
const partitionsPerTable = 500;

interface Row {
  readonly objects: number;
  readonly queries: number;
  readonly checkMs: readonly number[];
  readonly checkMegabytes: number;
  readonly drifts: number;
  readonly healQueries: number;
  readonly healMs: number;
}

/** Makes tables in partitions and functions as the infrastructure role, in transactions that its locks fit into. */
async function fill(database: ProgramDatabase, from: number, to: number): Promise<void> {
  const client = await database.connect("infrastructure");
  await client.query("SET statement_timeout = 0");
  const batch = 200;
  for (let start = from; start < to; start += batch) {
    await client.query(
      `DO $$
       DECLARE n INTEGER; parent TEXT;
       BEGIN
         FOR n IN ${start}..${Math.min(start + batch, to) - 1} LOOP
           IF n % 5 = 0 THEN
             EXECUTE format('CREATE FUNCTION dagapp.f%s(INTEGER) RETURNS INTEGER LANGUAGE sql AS ''SELECT 1''', n);
           ELSE
             parent := format('dagapp.p%s', n / ${partitionsPerTable});
             IF to_regclass(parent) IS NULL THEN
               EXECUTE format('CREATE TABLE %s (id INTEGER, note TEXT) PARTITION BY LIST (id)', parent);
             END IF;
             EXECUTE format('CREATE TABLE dagapp.t%s PARTITION OF %s FOR VALUES IN (%s)', n, parent, n);
           END IF;
         END LOOP;
       END $$`,
    );
  }
  await client.end();
}

/** Runs `work` and counts the statements that go to the server, whoever sends them. */
async function counting<T>(
  client: Client,
  work: (counted: Client) => Promise<T>,
): Promise<[T, number]> {
  let asked = 0;
  const counted = new Proxy(client, {
    get: (target, key) => {
      if (key === "query") asked += 1;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  return [await work(counted), asked];
}

/** Memory in use after garbage is collected; node runs with --expose-gc. */
function heap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

async function measure(database: ProgramDatabase, objects: number): Promise<Row> {
  const { settings, names } = database;
  return database.asAdmin(async (client) => {
    const before = heap();
    const checkMs: number[] = [];
    let found: Awaited<ReturnType<typeof inspectPrivileges>> | null = null;
    let queries = 0;
    for (let n = 0; n < checks; n += 1) {
      found = null;
      const started = performance.now();
      [found, queries] = await counting(client, (counted) => inspectPrivileges(counted, settings));
      checkMs.push(performance.now() - started);
    }
    if (found === null || found.deviations.length > 0) {
      throw new Error(`${found?.deviations.length ?? 0} deviations where none was made`);
    }
    const { catalog } = found;
    const checkMegabytes = (heap() - before) / 2 ** 20;
    if (catalog.objects.length < objects) throw new Error("objects are missing");

    const service = escapeIdentifier(names.service);
    for (const { kind, identity } of catalog.objects.filter(({ schema }) => schema === "dagapp")) {
      const drift =
        kind === "function"
          ? `GRANT EXECUTE ON FUNCTION ${identity} TO PUBLIC`
          : `GRANT TRUNCATE ON TABLE ${identity} TO ${service}`;
      if (kind !== "schema") await database.rows(drift);
    }
    const healing = performance.now();
    const [healed, healQueries] = await counting(client, (counted) =>
      healPrivileges(counted, settings),
    );
    if (healed.left.length > 0) throw new Error(JSON.stringify(healed.left[0]));
    const healMs = performance.now() - healing;
    const drifts = healed.mended.length;
    return { objects, queries, checkMs, checkMegabytes, drifts, healQueries, healMs };
  });
}

/**
 * Measures the check and the healing of privileges.
 *
 * @param sizes  Numbers of objects, rising.
 */
export async function measureGrants(sizes: readonly number[]): Promise<readonly BenchRow[]> {
  const server = await startServer();
  const rows: BenchRow[] = [];
  try {
    const database = await makeProgramDatabase(server);
    for (let n = 1; n <= strangers; n += 1) await database.rows(`CREATE ROLE stranger_${n}`);
    let made = 0;
    for (const size of sizes) {
      await fill(database, made, size);
      made = size;
      await database.rows("ANALYZE");
      const row = await measure(database, size);
      rows.push({
        ...{ work: "privileges, clean", size: row.objects, tool: "this program" },
        ...{ ms: row.checkMs, statements: row.queries, connections: 1 },
        note: `${row.checkMegabytes.toFixed(0)} MB kept`,
      });
      rows.push({
        ...{ work: "privileges, healing", size: row.drifts, tool: "this program" },
        ...{ ms: [row.healMs], statements: row.healQueries, connections: 1 },
      });
    }
    await database.close();
  } finally {
    await server.stop();
  }
  return rows;
}

if (require.main === module) {
  runBenchmark(async () => {
    const most = Number(process.argv[2] ?? 50_000);
    const sizes = [100, 1_000, 10_000, 50_000].filter((size) => size <= most);
    printTable(await measureGrants(sizes));
  });
}
