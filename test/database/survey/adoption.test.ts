/**
 * An existing ledger is adopted only when it is the policy's, and the tier's stamp keeps a stack away from another
 * tier's database. Through the functions that the Ledger resource calls.
 */
import { StampError } from "../../../migrations/engine/history/stamp";
import { tableUpgrades } from "../../../migrations/engine/history/upgrades";
import { impactsAmong } from "../../../migrations/engine/impact/classify";
import { applyMigration } from "../../../migrations/engine/run/run";
import { withRunner } from "../../../migrations/engine/server/runner";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { LedgerShapeError, surveyStack } from "../../../migrations/engine/survey/survey";
import { makeMigration } from "../../support/files/makeMigration";
import { migrationsFolder } from "../../support/files/migrationFiles";
import { failureOf } from "../../support/program/runs";
import { createLedger, policyLedger } from "../../support/servers/createLedger";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const ledgerTable = "public.schema_migrations";
const eventsTable = "public.schema_migration_events";

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });

  const make = (governed: boolean): Promise<ProgramDatabase> => suite.database({ governed });
  const events = (one: ProgramDatabase): Promise<readonly Record<string, unknown>[]> =>
    one.rows(`SELECT kind, login::text, detail FROM ${eventsTable} ORDER BY id`);
  const tables = async (one: ProgramDatabase): Promise<readonly unknown[]> =>
    one.rows("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1");

  beforeAll(loadParser);

  describe("an existing ledger", () => {
    it("is adopted with its rows when it is the policy's", async () => {
      const database = await make(false);
      const admin = await database.connect("admin");
      await admin.query(policyLedger);
      await admin.query(`INSERT INTO ${ledgerTable} (version, applied) VALUES ('0.0.1', true)`);
      await createLedger(database, { adopt: "dev" });
      expect(await database.rows(`SELECT id, version, applied FROM ${ledgerTable}`)).toEqual([
        { id: 1, version: "0.0.1", applied: true },
      ]);
      expect((await database.heal()).left).toEqual([]);
      expect(await database.deviations()).toEqual([]);
    });

    it("is refused when it is not, and nothing is made beside it", async () => {
      const database = await make(false);
      const admin = await database.connect("admin");
      await admin.query("CREATE TABLE public.schema_migrations (version TEXT PRIMARY KEY)");
      const before = await tables(database);
      await expect(createLedger(database, { adopt: "dev" })).rejects.toThrow(LedgerShapeError);
      await expect(createLedger(database, { adopt: "dev" })).rejects.toThrow(
        "ALTER TABLE public.schema_migrations RENAME TO schema_migrations_before;",
      );
      expect(await tables(database)).toEqual(before);
    });

    it.each([
      "CREATE TABLE public.schema_migrations (version VARCHAR NOT NULL PRIMARY KEY)",
      "CREATE TABLE public.schema_migrations (version BIGINT NOT NULL PRIMARY KEY, dirty BOOLEAN NOT NULL)",
    ])("of another tool is named as such, and nobody is asked to change it: %s", async (sql) => {
      const database = await make(false);
      const admin = await database.connect("admin");
      await admin.query(sql);
      const { message } = await failureOf(createLedger(database, { adopt: "dev" }));
      expect(message).toMatch(/is another tool's.*\n/);
      expect(message).toContain("give this program a database of its own");
      expect(message).not.toContain("correct the table");
      const [, remedy = ""] = /(ALTER TABLE .*;)/.exec(message) ?? [];
      await admin.query(remedy);
      await createLedger(database, { adopt: "dev" });
      expect(await tables(database)).toContainEqual({ relname: "schema_migrations_before" });
    });

    it("is told by statement what is wanted, and adopted once that was run", async () => {
      const database = await make(false);
      const admin = await database.connect("admin");
      await admin.query(policyLedger);
      await admin.query(
        `ALTER TABLE ${ledgerTable} DROP COLUMN description, ADD COLUMN batch INTEGER,
           ALTER COLUMN executed_by TYPE TEXT, ALTER COLUMN applied DROP DEFAULT, ALTER COLUMN applied SET NOT NULL`,
      );
      await admin.query("DROP INDEX idx_migrations_applied");
      await database.rows(`ALTER TABLE ${ledgerTable} OWNER TO ${database.names.superuser}`);
      await database.rows(`INSERT INTO ${ledgerTable} (version, applied) VALUES ('0.0.1', true)`);
      const error = await failureOf(createLedger(database, { adopt: "dev" }));
      const statements = error.message
        .split("\n")
        .filter((line) => /^ {4}\S.*;$/.test(line))
        .map((line) => line.trim());
      expect(statements).toHaveLength(7);
      for (const statement of statements) await database.rows(statement);
      await createLedger(database, { adopt: "dev" });
      expect(await database.rows(`SELECT version, applied FROM ${ledgerTable}`)).toEqual([
        { version: "0.0.1", applied: true },
      ]);
    });
  });

  describe("the stamp", () => {
    it("is set silently, by the admin, on a database without objects", async () => {
      const database = await make(false);
      // Members of many kinds: functions, composite types, operators and their classes, a table with an index.
      for (const sql of [
        "CREATE EXTENSION tablefunc",
        "CREATE EXTENSION hstore",
        "CREATE TABLE public.places (id INTEGER PRIMARY KEY, name TEXT)",
        "CREATE INDEX ON public.places (name)",
        "ALTER EXTENSION hstore ADD TABLE public.places",
      ]) {
        await database.rows(sql);
      }
      await createLedger(database);
      const { admin } = database.settings.roles;
      const detail = { tier: "dev", tables: Math.max(...tableUpgrades.map(({ to }) => to)) };
      expect(await events(database)).toEqual([{ kind: "stamped", login: admin, detail }]);
      await createLedger(database);
      expect(await events(database)).toHaveLength(1);
    });

    it.each([
      "CREATE TABLE dagapp.old (id INTEGER)",
      "CREATE FUNCTION public.old() RETURNS INTEGER LANGUAGE sql AS 'SELECT 1'",
      "CREATE SEQUENCE geoapi.old",
      "CREATE TYPE dagapp.old AS (id INTEGER)",
      "CREATE TYPE dagapp.old AS ENUM ('a')",
    ])("is refused on a database that holds something: %s", async (sql) => {
      const database = await make(false);
      await database.rows(sql);
      const before = await tables(database);
      await expect(createLedger(database)).rejects.toThrow(StampError);
      await expect(createLedger(database, { adopt: "qa" })).rejects.toThrow(StampError);
      expect(await tables(database)).toEqual(before);
      await createLedger(database, { adopt: "dev" });
      expect(await events(database)).toMatchObject([{ kind: "stamped", detail: { tier: "dev" } }]);
    });

    it("keeps every command of another tier from changing anything", async () => {
      const database = await make(true);
      const prod = database.accessWith({ tier: "prod" });
      const before = [await events(database), await database.rows(`SELECT * FROM ${ledgerTable}`)];
      const migration = makeMigration();
      const expected = impactsAmong([migration], migration);
      const request = { migration, lower: [], expected };
      for (const refused of [
        () => surveyStack(prod, migrationsFolder, { lower: null, isUpdate: true }),
        () => createLedger(database, { tier: "prod" }),
        () => createLedger(database, { tier: "prod", adopt: "prod" }),
        () => withRunner(prod, (runner) => applyMigration(runner, request, () => undefined)),
      ]) {
        await expect(refused()).rejects.toThrow(
          /is stamped dev, but this stack's tier is prod. Nothing was changed./,
        );
      }
      expect([await events(database), await database.rows(`SELECT * FROM ${ledgerTable}`)]).toEqual(
        before,
      );
      expect(await database.rows("SELECT to_regclass('dagapp.jobs') AS jobs")).toEqual([
        { jobs: null },
      ]);
    });
  });
});
