/**
 * The migration files under PostgreSQL itself, without the program: as psql runs them, statement by statement,
 * and through the real psql where the machine has one. Forward, back and forward again leave equal catalogs.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Client } from "pg";

import type { PostgresServer } from "../../../sandbox/server";
import {
  IRREVERSIBLE,
  migrationsFolder,
  rollForward,
  SCHEMAS,
  VERSIONS,
} from "../../support/files/migrationFiles";
import { readCatalog } from "../../support/servers/catalog";
import {
  type GovernedDatabase,
  makeGovernedDatabase,
} from "../../support/servers/governedDatabase";
import { findPsql, runPsql } from "../../support/servers/psql";
import { runStatements, splitStatements } from "../../support/servers/sqlFile";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

/** One way to run a file; returns the notices. */
type Run = (database: GovernedDatabase, server: PostgresServer, file: string) => Promise<string>;

const byStatement: Run = async (database, _server, file) => {
  const client = await database.connect("migrator");
  const notices = await runStatements(client, await readFile(join(migrationsFolder, file), "utf8"));
  return notices.join("\n");
};

const psql = findPsql();
const runners: readonly (readonly [string, Run])[] = [
  ["statement by statement", byStatement],
  // A machine without psql still runs every test above it.
  ...(psql === undefined
    ? []
    : [
        [
          "through psql",
          (database, server, file) =>
            runPsql(
              psql,
              {
                host: server.host,
                port: server.port,
                database: database.name,
                user: database.userName("migrator"),
                password: database.password,
                options: database.options("migrator"),
              },
              join(migrationsFolder, file),
            ),
        ] as const satisfies readonly [string, Run],
      ]),
];

/** The catalog that a version's rollback must leave. */
const afterRollback = (
  { version }: { readonly version: string },
  before: readonly string[] | undefined,
  after: readonly string[] | undefined,
): readonly string[] | undefined => (IRREVERSIBLE.has(version) ? after : before);

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: GovernedDatabase;
  let observer: Client;

  const catalog = (): Promise<readonly string[]> => readCatalog(observer, SCHEMAS);
  const ledger = async (): Promise<unknown[]> => {
    const { rows } = await observer.query<Record<string, unknown>>(
      `SELECT version, applied, started_at IS NOT NULL AS started, completed_at IS NOT NULL AS completed,
              rolled_back_at IS NOT NULL AS "rolledBack", executed_by, ticket_number
         FROM public.schema_migrations ORDER BY string_to_array(version, '.')::INTEGER[]`,
    );
    return rows;
  };

  beforeAll(async () => {});
  beforeEach(async () => {
    database = await makeGovernedDatabase(suite.server);
    observer = await database.connect("superuser");
  });
  afterEach(() => database.close());

  describe.each(runners)("%s", (_how, run) => {
    it("each version applies, rolls back to the catalog before it, and applies again", async () => {
      const before: (readonly string[])[] = [];
      const after: (readonly string[])[] = [];
      for (const version of VERSIONS) {
        before.push(await catalog());
        const said = await run(database, suite.server, version.forward);
        expect(said).toContain(`Migration ${version.version} completed successfully`);
        after.push(await catalog());

        await run(database, suite.server, version.rollback);
        expect(await catalog()).toEqual(afterRollback(version, before.at(-1), after.at(-1)));
        await run(database, suite.server, version.forward);
        expect(await catalog()).toEqual(after.at(-1));
        expect(after.at(-1)).not.toEqual(before.at(-1));
      }

      for (const [index, version] of [...VERSIONS.entries()].reverse()) {
        const said = await run(database, suite.server, version.rollback);
        expect(said).toContain(`Rollback of ${version.version} completed`);
        expect(await catalog()).toEqual(afterRollback(version, before[index], after[index]));
      }
      for (const [index, version] of VERSIONS.entries()) {
        await run(database, suite.server, version.forward);
        expect(await catalog()).toEqual(after[index]);
      }
      expect(await ledger()).toEqual(
        VERSIONS.map(({ version, ticket }) => ({
          version,
          applied: true,
          started: true,
          completed: true,
          rolledBack: false,
          executed_by: database.userName("migrator"),
          ticket_number: ticket,
        })),
      );
    });

    it("a rollback of what was never applied changes nothing", async () => {
      const before = await catalog();
      for (const version of [...VERSIONS].reverse()) {
        await run(database, suite.server, version.rollback);
      }
      expect(await catalog()).toEqual(before);
      expect(await ledger()).toEqual([]);
    });

    it("a rollback marks the ledger and keeps its row", async () => {
      const [first] = VERSIONS;
      await run(database, suite.server, first.forward);
      await run(database, suite.server, first.rollback);
      expect(await ledger()).toMatchObject([
        { version: first.version, applied: false, rolledBack: true },
      ]);
    });

    it("refuses a version without the one before, one applied already, and a rollback out of order", async () => {
      const [first, second, third] = VERSIONS;
      await expect(run(database, suite.server, second.forward)).rejects.toThrow(
        /needs migration 0\.1\.0/,
      );
      await run(database, suite.server, first.forward);
      await expect(run(database, suite.server, third.forward)).rejects.toThrow(
        /needs migration 0\.2\.0/,
      );
      await run(database, suite.server, second.forward);
      const before = [await catalog(), await ledger()];

      await expect(run(database, suite.server, first.forward)).rejects.toThrow(/first one/);
      await expect(run(database, suite.server, second.forward)).rejects.toThrow(/applied already/);
      await expect(run(database, suite.server, first.rollback)).rejects.toThrow(
        /later versions.*0\.2\.0/s,
      );
      expect([await catalog(), await ledger()]).toEqual(before);
    });
  });

  it("refuses to run as anyone but the owner of the schemas", async () => {
    const sql = await readFile(join(migrationsFolder, VERSIONS[0].forward), "utf8");
    await expect(runStatements(observer, sql)).rejects.toThrow(/not owned by/);
    expect(await ledger()).toEqual([]);
  });

  it("does not depend on the search path", async () => {
    const client = await database.connect("migrator");
    await client.query("SET search_path = ''");
    for (const version of VERSIONS) {
      await runStatements(client, await readFile(join(migrationsFolder, version.forward), "utf8"));
    }
    for (const version of [...VERSIONS].reverse()) {
      await runStatements(client, await readFile(join(migrationsFolder, version.rollback), "utf8"));
    }
    expect(await ledger()).toMatchObject(VERSIONS.map(() => ({ rolledBack: true })));
  });

  it("003 refuses to start while another session locks a table it alters", async () => {
    await rollForward(database, 2);
    const other = await database.connect("superuser");
    await other.query("BEGIN; LOCK TABLE dagapp.api_requests IN SHARE MODE");
    const client = await database.connect("migrator");
    const sql = await readFile(join(migrationsFolder, VERSIONS[2].forward), "utf8");
    await expect(runStatements(client, sql)).rejects.toThrow(
      /ShareLock on dagapp\.api_requests by process \d+/,
    );
    await other.query("ROLLBACK");
    await runStatements(client, sql);
  });

  it("001 refuses to start while another session drops a schema", async () => {
    const other = await database.connect("superuser");
    await other.query("BEGIN; DROP SCHEMA geoapi");
    const client = await database.connect("migrator");
    const sql = await readFile(join(migrationsFolder, VERSIONS[0].forward), "utf8");
    await expect(runStatements(client, sql)).rejects.toThrow(/locks a schema/);
    await other.query("ROLLBACK");
  });

  it("003 finds the invalid index an interrupted run left, and its rollback clears it away", async () => {
    await rollForward(database, 2);
    const before = await catalog();
    const client = await database.connect("migrator");
    const sql = await readFile(join(migrationsFolder, VERSIONS[2].forward), "utf8");
    const statements = await splitStatements(sql);
    const firstIndex = statements.findIndex((text) => /CREATE INDEX CONCURRENTLY/.test(text));
    for (const statement of statements.slice(0, firstIndex)) await client.query(statement);

    const writer = await database.connect("superuser");
    await writer.query("BEGIN; LOCK TABLE dagapp.jobs IN ROW EXCLUSIVE MODE");
    await client.query("SET lock_timeout = '200ms'");
    await expect(client.query(statements[firstIndex] ?? "")).rejects.toMatchObject({
      code: "55P03",
    });
    await writer.query("ROLLBACK");

    // The next attempt skips the index, because one of that name is there.
    const rest = statements.slice(firstIndex).join(";\n");
    await expect(runStatements(client, rest)).rejects.toThrow(
      "missing or invalid index: dagapp.idx_jobs_asset_id",
    );
    expect(await ledger()).toMatchObject([{}, {}, { version: "0.3.0", applied: false }]);

    const rollback = await readFile(join(migrationsFolder, VERSIONS[2].rollback), "utf8");
    await runStatements(client, rollback);
    expect(await catalog()).toEqual(before);
    await runStatements(client, sql);
    expect(await ledger()).toMatchObject([{}, {}, { version: "0.3.0", applied: true }]);
  });
});
