// Statements that PostgreSQL refuses in a transaction: their locks, seen from another session; and what it refuses though each part is right.
import type { Client } from "pg";

import { impactsOf } from "../../../migrations/engine/impact/classify";
import { type StatementImpact } from "../../../migrations/engine/impact/impact";
import type { SchemaModel } from "../../../migrations/engine/schema/schemaModel";
import {
  compareModes,
  conflict,
  type LockMode,
  lockModes,
} from "../../../migrations/engine/sql/lockModes";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { fileOf, modelOf, nameOf } from "../../support/files/impacts";
import { BASE } from "../../support/locks/base";
import { differences } from "../../support/locks/compare";
import { measure, readState, type Relation } from "../../support/locks/measure";
import { type Sessions, watch } from "../../support/locks/watch";
import { type GovernedServer, startGovernedServer } from "../../support/servers/governedServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

/** Behind a row that is being written, an old snapshot, or the statement's own mode. */
const WRITE_PLAIN = "UPDATE m.plain SET e = e WHERE a = 1";
const WRITE_PARENT = "UPDATE m.parent SET other_id = 1 WHERE id = 1";
const holds = (table: string): string => `LOCK TABLE ${table} IN SHARE UPDATE EXCLUSIVE MODE`;

/** Statement, obstacle, and the tables that it is seen to lock. */
const watched: readonly (readonly [string, string])[] = [
  ["CREATE INDEX CONCURRENTLY ON m.plain (a)", WRITE_PLAIN],
  ["CREATE UNIQUE INDEX CONCURRENTLY plain_b ON m.plain (b)", WRITE_PLAIN],
  ["CREATE INDEX CONCURRENTLY IF NOT EXISTS parent_small ON m.parent (small)", holds("m.parent")],
  ["DROP INDEX CONCURRENTLY m.parent_note_lower", WRITE_PARENT],
  ["REINDEX INDEX CONCURRENTLY m.parent_small", WRITE_PARENT],
  ["REINDEX TABLE CONCURRENTLY m.keyless", "UPDATE m.keyless SET b = b WHERE a = 1"],
  ["REINDEX TABLE CONCURRENTLY m.parent", WRITE_PARENT],
  ["ALTER TABLE m.lone DETACH PARTITION m.lone_1 CONCURRENTLY", "SELECT 1 FROM m.lone_1"],
  [
    "ALTER TABLE m.keyed DETACH PARTITION m.keyed_1 CONCURRENTLY",
    "LOCK TABLE m.parent IN ROW EXCLUSIVE MODE",
  ],
  ["ALTER TABLE m.aim DETACH PARTITION m.aim_1 CONCURRENTLY", "SELECT 1 FROM m.arrow"],
  ["VACUUM m.plain", holds("m.plain")],
  ["VACUUM (ANALYZE) m.plain", holds("m.plain")],
  ["VACUUM FULL m.plain", "SELECT 1 FROM m.plain"],
  ["VACUUM (FULL, ANALYZE) m.empty", "SELECT 1 FROM m.empty"],
  ["CLUSTER m.parent USING parent_pkey", "SELECT 1 FROM m.parent"],
];

/** What the server refuses, and why the classification says so. `m.mood` is older than the transaction. */
const refused: readonly (readonly [string, string, RegExp])[] = [
  ["BEGIN; ALTER TYPE m.mood ADD VALUE 'new'; SELECT 'new'::m.mood; COMMIT", "55P04", /committed/],
  [
    "BEGIN; ALTER TYPE m.mood ADD VALUE 'new'; ALTER TABLE m.parent ALTER mood SET DEFAULT 'new'; COMMIT",
    "55P04",
    /committed/,
  ],
  ["BEGIN; REINDEX TABLE m.part; COMMIT", "25001", /m\.part is partitioned/],
  ["BEGIN; REINDEX INDEX m.part_v; COMMIT", "25001", /m\.part_v is partitioned/],
  ["BEGIN; CLUSTER m.part USING part_pkey; COMMIT", "25001", /m\.part is partitioned/],
  ["CREATE INDEX CONCURRENTLY ON m.part (w)", "0A000", /m\.part is partitioned/],
  ["CREATE INDEX CONCURRENTLY ON ONLY m.part (w)", "0A000", /m\.part is partitioned/],
  ["DROP INDEX CONCURRENTLY m.part_v", "0A000", /m\.part_v is partitioned/],
  ["ALTER TABLE m.split DETACH PARTITION m.split_1 CONCURRENTLY", "55000", /DEFAULT partition/],
  ["DO $$ BEGIN CREATE INDEX CONCURRENTLY ON m.plain (a); END $$", "25001", /DO block/],
  ["DO $$ BEGIN EXECUTE 'VACUUM m.plain'; END $$", "25001", /DO block/],
];

/** Right as it stands, though it looks like the above. */
const accepted: readonly string[] = [
  "BEGIN; ALTER TYPE m.mood ADD VALUE 'new'; SELECT 'ok'::m.mood; ROLLBACK",
  "BEGIN; ALTER TYPE m.mood ADD VALUE 'new'; COMMENT ON TYPE m.mood IS 'new'; ROLLBACK",
  "BEGIN; REINDEX TABLE m.part_1; ROLLBACK",
  "BEGIN; CLUSTER m.parent USING parent_pkey; ROLLBACK",
  "REINDEX TABLE m.part",
  "REINDEX INDEX m.part_v",
];

describe.each(serverVersions)("PostgreSQL %d", (major) => {
  let server: GovernedServer;
  let sessions: Sessions;
  let model: SchemaModel;
  let relations: ReadonlyMap<string, Relation>;
  const open: Client[] = [];

  beforeAll(async () => {
    await loadParser();
    server = await startGovernedServer(major);
    const { name, password } = server.server.superuser;
    const session = async (): Promise<Client> => {
      const client = await server.login(name, password);
      open.push(client);
      return client;
    };
    sessions = { runner: await session(), blocker: await session(), watcher: server.superuser };
    await server.superuser.query(BASE);
    model = modelOf(BASE);
    const state = await readState(server.superuser);
    relations = new Map([...state.values()].map(({ relation }) => [relation.name, relation]));
  });
  afterEach(() => sessions.runner.query("ROLLBACK"));
  afterAll(async () => {
    await Promise.all(open.map((client) => client.end()));
    await server.stop();
  });

  const impactOf = (sql: string): StatementImpact => {
    const [impact] = impactsOf(fileOf(2, sql), model);
    if (impact === undefined) throw new Error("no statement");
    return impact;
  };

  it.each(lockModes)("%s keeps out what is claimed", async (held) => {
    const { runner, blocker } = sessions;
    await blocker.query("BEGIN");
    await blocker.query(`LOCK TABLE m.empty IN ${held} MODE`);
    const kept: string[] = [];
    for (const wanted of lockModes) {
      const lock = `BEGIN; LOCK TABLE m.empty IN ${wanted} MODE NOWAIT`;
      await runner.query(lock).catch(() => kept.push(wanted));
      await runner.query("ROLLBACK");
    }
    await blocker.query("ROLLBACK");
    expect(kept).toEqual(lockModes.filter((wanted) => conflict(held, wanted)));
  });

  it.each(accepted)("takes %s, and so no mistake is claimed", async (sql) => {
    const impacts = impactsOf(fileOf(2, sql.replace("ROLLBACK", "COMMIT")), model);
    expect(impacts.flatMap(({ mistakes }) => mistakes)).toEqual([]);
    for (const one of sql.split("; ")) await sessions.runner.query(one);
  });

  it.each(refused)("refuses %s, as is claimed", async (sql, code, why) => {
    const impacts = impactsOf(fileOf(2, sql), model);
    expect(impacts.flatMap(({ mistakes }) => mistakes)).toEqual([
      expect.stringMatching(why) as string,
    ]);
    const run = async (): Promise<void> => {
      const parts = sql.startsWith("BEGIN") ? sql.split("; ") : [sql];
      for (const one of parts) await sessions.runner.query(one);
    };
    await expect(run()).rejects.toMatchObject({ code });
  });

  it("refuses a value added to a type of the same transaction before 17 only, as is claimed of all", async () => {
    const sql =
      "BEGIN; CREATE TYPE m.fresh AS ENUM ('a'); ALTER TYPE m.fresh ADD VALUE 'b'; SELECT 'b'::m.fresh; COMMIT";
    const impacts = impactsOf(fileOf(2, sql), model);
    expect(impacts.flatMap(({ mistakes }) => mistakes)).toHaveLength(1);
    const run = async (): Promise<void> => {
      for (const one of sql.replace("; COMMIT", "").split("; ")) await sessions.runner.query(one);
    };
    if (major < 17) await expect(run()).rejects.toMatchObject({ code: "55P04" });
    else await expect(run()).resolves.toBeUndefined();
  });

  it.each(watched)("%s locks what is claimed", async (sql, obstacle) => {
    const impact = impactOf(sql);
    const claimed = new Map(impact.locks.map(({ object, mode }) => [nameOf(object), mode]));
    const seen = await watch(sessions, sql, obstacle);
    const wrong: string[] = [];
    for (const [name, mode] of seen) {
      const { kind, table } = relations.get(name) ?? { kind: "", table: null };
      const claim = claimed.get(name) ?? (kind === "i" ? claimed.get(table ?? "") : undefined);
      const isUnderstated = claim === undefined || compareModes(claim, mode) < 0;
      const isTable = ["r", "p", "m"].includes(kind);
      if (isUnderstated || (isTable && claim !== mode)) {
        wrong.push(`${name}: claimed ${claim ?? "none"}, seen ${mode}`);
      }
    }
    const unseen = [...claimed]
      .filter(
        ([name]) => ["r", "p", "m"].includes(relations.get(name)?.kind ?? "") && !seen.has(name),
      )
      .map(([name, mode]: [string, LockMode]) => `${name}: claimed ${mode}, not seen`);
    expect([...wrong, ...unseen]).toEqual([]);
  });

  it("FINALIZE of an interrupted detach locks what is claimed", async () => {
    const detach = "ALTER TABLE m.half DETACH PARTITION m.half_1";
    await watch(sessions, `${detach} CONCURRENTLY`, "SELECT 1 FROM m.half_1", "cancel");
    const measured = await measure(sessions.runner, `${detach} FINALIZE`);
    expect(differences(impactOf(`${detach} FINALIZE`), measured, relations)).toEqual([]);
  });
});
