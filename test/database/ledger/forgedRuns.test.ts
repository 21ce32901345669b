/**
 * Whoever may run migrations writes the ledger and the events of runs, by hand or by a file's own SQL. What no run has
 * written never says how far a version is: prod refuses, and names it.
 */
import type { MigrationFile } from "../../../migrations/engine/files/file";
import { doubtsIn } from "../../../migrations/engine/history/doubted";
import type { VersionState } from "../../../migrations/engine/history/history";
import { readHistory } from "../../../migrations/engine/ledger/ledger";
import { loadParser } from "../../../migrations/engine/statements/statements";
import type { Access } from "../../../stack/connection";
import { MigrationError } from "../../../stack/errors";
import { makeMigration } from "../../support/files/makeMigration";
import { apply, arrange, failureOf, rollBack } from "../../support/program/runs";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";

jest.setTimeout(300_000);

const suite = useServer({ major: 18 });
let database: ProgramDatabase;
let prod: ProgramDatabase["access"];
let nextCase = 0;
/** The version that a test is about. */
let version: string;
let table: string;

/** Adds one to every value, then makes a table; the second only where `gate` has rows. */
const counting = (remark = "one text"): MigrationFile =>
  makeMigration({
    ...{ name: `${String(nextCase).padStart(3, "0")}_count`, version, tables: `dagapp.${table}` },
    body: `BEGIN;
-- ${remark}
UPDATE dagapp.${table} SET n = n + 1 WHERE n >= 0;
COMMIT;
BEGIN;
CREATE TABLE dagapp.${table}_more AS SELECT 1 / count(*) AS one FROM dagapp.${table}_gate;
COMMIT;`,
    rollbackBody: `DROP TABLE IF EXISTS dagapp.${table}_more;`,
    exceptions: "unannounced-effect: dagapp.jobs, of tests",
  });

const open = (): Promise<void> =>
  arrange(database, `INSERT INTO dagapp.${table}_gate VALUES (1) ON CONFLICT DO NOTHING`);
const sum = async (): Promise<number> =>
  Number((await database.rows(`SELECT sum(n) AS n FROM dagapp.${table}`))[0]?.["n"]);

const run = (migration: MigrationFile) => apply(database, migration, { access: prod });

const forge = async (...statements: readonly string[]): Promise<void> => {
  await arrange(database, ...statements);
};
const events = "public.schema_migration_events";
const forgeEvent = (kind: string, more: Readonly<Record<string, string>> = {}): string => {
  const all = { kind: `'${kind}'`, version: `'${version}'`, ...more };
  return `INSERT INTO ${events} (${Object.keys(all).join(", ")}) SELECT ${Object.values(all).join(", ")}`;
};
const setRow = (assignments: string): string =>
  `UPDATE public.schema_migrations SET ${assignments} WHERE version = '${version}'`;
const beginRow = (): string =>
  `INSERT INTO public.schema_migrations (version, started_at, applied) VALUES ('${version}', now(), false)`;

const stateNow = async (): Promise<VersionState | undefined> =>
  (await database.asAdmin(readHistory)).versions.find((one) => one.version === version);
const doubtsNow = async (): Promise<readonly string[]> =>
  doubtsIn(await database.asAdmin(readHistory)).find((one) => one.version === version)?.doubts ??
  [];

/** Prod refuses, with these words in what it says, and changes nothing. */
const isRefused = async (migration: MigrationFile, ...words: readonly string[]): Promise<void> => {
  const before = await sum();
  const error = await failureOf(run(migration));
  expect(error).toBeInstanceOf(MigrationError);
  expect(error).toMatchObject({ code: "RECORD_DOUBTED" });
  for (const word of words) expect(error.message).toContain(word);
  expect(await sum()).toBe(before);
};

/** A run that was cut off behind its first segment. */
const halfDone = async (): Promise<MigrationFile> => {
  const migration = counting();
  await failureOf(run(migration));
  expect(await sum()).toBe(1);
  expect(await doubtsNow()).toEqual([]);
  await open();
  return migration;
};

beforeAll(async () => {
  await loadParser();
  database = await suite.database({ configuration: { tier: "prod" } });
  prod = database.access;
});
beforeEach(async () => {
  nextCase += 1;
  version = `1.${nextCase}.0`;
  table = `t${nextCase}`;
  await arrange(
    database,
    `CREATE TABLE dagapp.${table} (n INTEGER)`,
    `CREATE TABLE dagapp.${table}_gate (one INTEGER PRIMARY KEY)`,
    `INSERT INTO dagapp.${table} VALUES (0)`,
  );
});

it("goes on behind what a run has done, as before", async () => {
  const migration = await halfDone();
  expect((await stateNow())?.segmentsDone).toEqual([1]);
  await run(migration);
  expect(await sum()).toBe(1);
  expect(await doubtsNow()).toEqual([]);
});

it("does not leave out a segment because somebody calls it done", async () => {
  const migration = counting();
  await open();
  await forge(
    beginRow(),
    forgeEvent("started", { checksum: `'${migration.checksum}'`, run: "gen_random_uuid()" }),
    forgeEvent("segment-done", { checksum: `'${migration.checksum}'`, segment: "1" }),
  );
  expect(await stateNow()).toMatchObject({ halfDone: false, segmentsDone: [], checksum: null });
  await isRefused(migration, "segment-done of segment 1, by ", "no run has written it");
  // The way out that it names.
  await rollBack(database, migration, { access: prod });
  await run(migration);
  expect(await sum()).toBe(1);
});

it("does not believe a copy of what a run has written, nor one that says another segment", async () => {
  const migration = await halfDone();
  const copied = (segment: string): string =>
    `INSERT INTO ${events} (kind, version, run, segment, checksum, rollback_checksum, ticket, detail)
     SELECT kind, version, run, ${segment}, checksum, rollback_checksum, ticket,
            detail || jsonb_build_object('measured', detail -> 'measured' || jsonb_build_object('made', jsonb_build_array('dagapp.${table}'::regclass::oid::int8)))
       FROM ${events} WHERE version = '${version}' AND kind = 'segment-done' AND segment = 1`;
  await forge(copied("2"), copied("segment"));
  expect(await stateNow()).toMatchObject({ segmentsDone: [1] });
  expect(await stateNow()).not.toHaveProperty("made");
  await isRefused(migration, "segment-done of segment 2", "segment-done of segment 1");
});

it("does not begin anew because somebody calls it ended", async () => {
  const migration = await halfDone();
  await forge(forgeEvent("applied"), forgeEvent("rolled-back"));
  expect((await stateNow())?.segmentsDone).toEqual([1]);
  await isRefused(migration, "applied, by ", "rolled-back, by ");
});

it("does not begin anew because somebody moves its start in the ledger", async () => {
  const migration = await halfDone();
  await forge(setRow("started_at = clock_timestamp() + interval '1 minute'"));
  await isRefused(migration, "the ledger's started_at is that of no run");
});

it("does not run again because somebody calls it not applied, or takes its row's name away", async () => {
  const migration = counting();
  await open();
  await run(migration);
  await forge(setRow("applied = false, completed_at = NULL, started_at = now()"));
  await isRefused(migration, "the last run applied it");
  await forge(setRow(`version = 'x${version}'`));
  await isRefused(migration, "has no row of it any more");
});

it("does not take a version back because somebody calls its rollback begun", async () => {
  const migration = counting();
  await open();
  await run(migration);
  await forge(
    setRow("applied = false"),
    forgeEvent("segment-done", { segment: "0", detail: `'{"direction": "rollback"}'` }),
  );
  expect((await stateNow())?.begunRollback).toBeNull();
  await isRefused(migration, "segment-done of segment 0", "the last run applied it");
  expect(await database.rows(`SELECT 1 FROM dagapp.${table}_more`)).toHaveLength(1);
});

it("does not take a version for applied because somebody says so, nor one that was taken back", async () => {
  const migration = counting();
  await forge(
    beginRow(),
    forgeEvent("started", { checksum: `'${migration.checksum}'` }),
    forgeEvent("applied", { checksum: `'${migration.checksum}'` }),
    setRow("applied = true, completed_at = now()"),
  );
  expect(await stateNow()).toMatchObject({ status: "applied", checksum: null });
  expect(await doubtsNow()).toEqual([expect.stringContaining("applied, by ")]);

  version = `${version}-again`;
  const again = counting();
  await open();
  await run(again);
  await rollBack(database, again, { access: prod });
  await forge(
    setRow("applied = true, rolled_back_at = NULL, started_at = '2020-01-01'"),
    `INSERT INTO ${events} (kind, version, run, checksum) SELECT kind, version, run, checksum FROM ${events} WHERE version = '${version}' AND kind = 'applied'`,
  );
  expect(await stateNow()).toMatchObject({ status: "applied", checksum: null });
  expect(await doubtsNow()).toEqual([expect.stringContaining("applied, by ")]);
});

/** The admin cannot be had. */
const withoutAdmin = (access: Access): Access => ({
  settings: access.settings,
  passwordOf: (account, login) =>
    account === "admin" ? Promise.resolve("wrong") : access.passwordOf(account, login),
});

/** Lets the first segment fail, too. */
const failEarly = async (migration: MigrationFile): Promise<void> => {
  await arrange(database, `ALTER TABLE dagapp.${table} RENAME n TO m`);
  await failureOf(run(migration));
  await arrange(database, `ALTER TABLE dagapp.${table} RENAME m TO n`);
};

it("does not believe a copy of what a run had written that others have followed", async () => {
  const migration = await halfDone();
  await run(migration);
  await rollBack(database, migration, { access: prod });
  await failEarly(migration);
  expect((await stateNow())?.segmentsDone).toEqual([]);
  await forge(
    `INSERT INTO ${events} (kind, version, run, segment, checksum, rollback_checksum, ticket, detail)
     SELECT kind, version, run, segment, checksum, rollback_checksum, ticket, detail
       FROM ${events} WHERE version = '${version}' AND kind = 'segment-done' ORDER BY id LIMIT 1`,
  );
  expect((await stateNow())?.segmentsDone).toEqual([]);
  await isRefused(migration, "segment-done of segment 1");
});

it("does not take the segments of another text for done because its start is moved back", async () => {
  await halfDone();
  const [row] = await database.rows(
    `SELECT started_at::text AS at FROM public.schema_migrations WHERE version = '${version}'`,
  );
  const corrected = counting("another text");
  await failEarly(corrected);
  await forge(setRow(`started_at = '${String(row?.["at"])}'`));
  expect((await stateNow())?.segmentsDone).toEqual([]);
  await run(corrected);
  expect(await sum()).toBe(2);
});

it("does not hold a rollback that ran without the admin against the next runs", async () => {
  const migration = counting();
  await open();
  await run(migration);
  await rollBack(database, migration, { access: withoutAdmin(prod) });
  await arrange(database, `DELETE FROM dagapp.${table}_gate`);
  await failureOf(run(migration));
  expect(await doubtsNow()).toEqual([]);
  await open();
  await run(migration);
  expect(await stateNow()).toMatchObject({ status: "applied", checksum: migration.checksum });
});

it("runs nothing where the admin cannot be had to record it, though an auditor looks", async () => {
  const auditor = `auditor_${version.replaceAll(".", "_")}`;
  const other = await suite.database({
    configuration: {
      tier: "prod",
      furtherRoles: JSON.stringify([{ name: auditor, kind: "auditor", login: true }]),
    },
  });
  const { settings } = other;
  const looking = {
    ...other.access,
    settings: { ...settings, roles: { ...settings.roles, auditor } },
  };
  const migration = makeMigration({ version, body: "BEGIN;\nSELECT 1;\nCOMMIT;" });
  const error = await failureOf(apply(other, migration, { access: withoutAdmin(looking) }));
  expect(error).toMatchObject({ code: "NOT_RECORDED" });
  expect(error.message).toContain("Nothing was run.");
  expect(await other.rows("SELECT 1 FROM public.schema_migrations")).toEqual([]);
  expect((await apply(other, migration, { access: looking })).ranNow).toBe(true);
  await other.close();
});

it("does not believe that a run ended with another text than it ran", async () => {
  const migration = await halfDone();
  await run(migration);
  // As the admin records just before the end, and then the end that another writes in the run's place.
  await database.rows(`DELETE FROM ${events} WHERE version = '${version}' AND kind = 'applied'`);
  await forge(
    `INSERT INTO ${events} (kind, version, run, checksum)
     SELECT 'applied', version, run, 'sha256:forged' FROM ${events}
      WHERE version = '${version}' AND kind = 'segment-done' ORDER BY id DESC LIMIT 1`,
  );
  expect(await stateNow()).toMatchObject({ status: "applied", checksum: null });
});
