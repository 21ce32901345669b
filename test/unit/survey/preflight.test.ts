// Pre-flight: which facts about the server refuse a migration, which are only said, and what to do about each.
import { impactsOf } from "../../../migrations/engine/impact/classify";
import { SchemaModel } from "../../../migrations/engine/schema/schemaModel";
import type { Blocker } from "../../../migrations/engine/server/blockers";
import { loadParser } from "../../../migrations/engine/statements/statements";
import {
  judgeServer,
  type Needs,
  needsOf,
  PreflightError,
  type RelationFact,
  satisfies,
  type ServerFacts,
  severities,
} from "../../../migrations/engine/survey/preflight";
import { makeMigration } from "../../support/files/makeMigration";

beforeAll(loadParser);

const blocker = (overrides: Partial<Blocker> = {}): Blocker => ({
  pid: 42,
  login: "etl",
  application: "loader",
  transactionMs: 600_000,
  state: "idle in transaction",
  verb: "UPDATE",
  ...overrides,
});
const facts = (overrides: Partial<ServerFacts> = {}): ServerFacts => ({
  inRecovery: false,
  connections: { used: 10, most: 100 },
  oldTransactions: [],
  replicas: { count: 0, delayMs: null, hidden: false },
  relations: [],
  versions: { postgresql: "18.4", postgis: "3.6.1", pgstac: "0.9.12" },
  ...overrides,
});
const jobs = { kind: "table", schema: "dagapp", name: "jobs" };
const relation = (overrides: Partial<RelationFact> = {}): RelationFact => ({
  schema: "dagapp",
  name: "jobs",
  totalBytes: 3e9,
  heapBytes: 2e9,
  locks: [],
  ...overrides,
});
const needs = (overrides: Partial<Needs> = {}): Needs => ({
  locks: [{ object: jobs, mode: "ACCESS EXCLUSIVE" }],
  rewrites: [],
  indexes: [],
  concurrently: false,
  versions: [],
  ...overrides,
});
const idsOf = (...given: Parameters<typeof judgeServer>): readonly string[] =>
  judgeServer(...given).map(({ id }) => id);

describe("judgeServer", () => {
  it("finds nothing wrong with a calm server", () => {
    expect(idsOf(facts(), needs())).toEqual([]);
  });

  it.each<[keyof typeof severities, Partial<ServerFacts>, Partial<Needs>]>([
    ["server-in-recovery", { inRecovery: true }, {}],
    ["no-connection-left", { connections: { used: 100, most: 100 } }, {}],
    ["few-connections-left", { connections: { used: 90, most: 100 } }, {}],
    ["replica-behind", { replicas: { count: 1, delayMs: 10_000, hidden: false } }, {}],
    ["replica-far-behind", { replicas: { count: 1, delayMs: 300_000, hidden: false } }, {}],
    ["old-transaction", { oldTransactions: [blocker()] }, {}],
    [
      "lock-in-the-way",
      { relations: [relation({ locks: [{ mode: "ACCESS SHARE", holder: blocker() }] })] },
      {},
    ],
    ["disk-space", { relations: [relation()] }, { rewrites: [jobs] }],
    ["disk-space", { relations: [relation()] }, { indexes: [jobs] }],
    ["version-required", {}, { versions: [{ name: "pgstac", wanted: "0.8.x" }] }],
    ["version-required", {}, { versions: [{ name: "timescaledb", wanted: "2" }] }],
  ])("finds %s", (id, fact, need) => {
    const found = judgeServer(facts(fact), needs(need));
    expect(found).toMatchObject([{ id, severity: severities[id] }]);
    expect(found[0]?.todo).toMatch(/\w.*\.$/);
  });

  it("names who is in the way, and what CONCURRENTLY would wait for", () => {
    const old = { oldTransactions: [blocker()] };
    const [plain] = judgeServer(facts(old), needs());
    const [waits] = judgeServer(facts(old), needs({ concurrently: true }));
    expect(plain?.message).toContain(
      'process 42, login etl, application "loader", in a transaction for 600 s, idle in transaction (last: UPDATE)',
    );
    expect(waits?.todo).toContain("CONCURRENTLY waits for each of them");
  });

  it("looks at locks by schema and name, and only at modes that conflict", () => {
    const locks = [{ mode: "ROW EXCLUSIVE", holder: blocker() }] as const;
    const onJobs = facts({ relations: [relation({ locks })] });
    expect(idsOf(onJobs, needs({ locks: [{ object: jobs, mode: "SHARE" }] }))).toEqual([
      "lock-in-the-way",
    ]);
    const weak = [{ object: jobs, mode: "SHARE UPDATE EXCLUSIVE" as const }];
    expect(idsOf(onJobs, needs({ locks: weak }))).toEqual([]);
    const elsewhere = facts({ relations: [relation({ schema: "geoapi", locks })] });
    expect(idsOf(elsewhere, needs())).toEqual([]);
  });

  it("asks for space for the whole table when it is rewritten, for its rows when an index is built", () => {
    const [rewrite] = judgeServer(facts({ relations: [relation()] }), needs({ rewrites: [jobs] }));
    const [index] = judgeServer(facts({ relations: [relation()] }), needs({ indexes: [jobs] }));
    expect(rewrite?.message).toContain("up to 3.0 GB more");
    expect(index?.message).toContain("up to 2.0 GB more");
    const small = relation({ totalBytes: 9e8 });
    expect(idsOf(facts({ relations: [small] }), needs({ rewrites: [jobs] }))).toEqual([]);
  });

  it("puts refusals first", () => {
    const bad = facts({ inRecovery: true, oldTransactions: [blocker()] });
    expect(idsOf(bad, needs())).toEqual(["server-in-recovery", "old-transaction"]);
    const error = new PreflightError("001_a.sql", judgeServer(bad, needs()));
    expect(error.message).toContain(
      "001_a.sql was not begun:\n  server-in-recovery: The server is",
    );
  });
});

describe("needsOf", () => {
  const needsOfBody = (body: string): Needs => {
    const migration = makeMigration({ body });
    return needsOf(migration.header, impactsOf(migration, new SchemaModel()));
  };

  it("takes locks, rewrites and indexes of tables that were there", () => {
    const found = needsOfBody(
      "BEGIN;\nCREATE TABLE dagapp.new (id INTEGER);\nCREATE INDEX new_id ON dagapp.new (id);\nALTER TABLE dagapp.jobs ALTER COLUMN id TYPE BIGINT;\nCOMMIT;\nCREATE INDEX CONCURRENTLY jobs_id ON dagapp.jobs (id);",
    );
    expect(found.concurrently).toBe(true);
    expect(found.rewrites).toContainEqual(expect.objectContaining({ name: "jobs" }));
    expect(found.indexes).toEqual([expect.objectContaining({ name: "jobs" })]);
    expect(found.locks.map(({ object }) => object.name)).not.toContain("new");
  });

  it.each([
    ["Requires PgSTAC 0.9.x", [{ name: "pgstac", wanted: "0.9.x" }]],
    ["Requires PostGIS 3.4 or newer", [{ name: "postgis", wanted: "3.4" }]],
    ["requires extension btree_gist v1.7", [{ name: "btree_gist", wanted: "1.7" }]],
    ["Requires migration 003 to be applied first", []],
    ["Requires version 1.2.0", []],
    ["PgSTAC 0.9.x is read", []],
  ])("reads %j", (text, versions) => {
    const { header } = makeMigration();
    expect(needsOf({ ...header, dependencies: [text] }, []).versions).toEqual(versions);
  });
});

describe("satisfies", () => {
  it.each([
    ["0.9.12", "0.9.x", true],
    ["0.9.12", "0.9", true],
    ["0.9.12", "0.9.12", true],
    ["0.9.1", "0.9.12", false],
    ["0.10.1", "0.1", false],
    ["1.9.12", "0.9.x", false],
  ])("%s for %s: %s", (installed, wanted, expected) => {
    expect(satisfies(installed, wanted)).toBe(expected);
  });
});
