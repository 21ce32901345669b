/**
 * A rebuild empties the governed schemas of dev and qa, and the database itself refuses it in uat and prod.
 * Policy: "DEV / QA: Rebuild Schema", "UAT / PRODUCTION: No rebuild capability".
 */
import { rebuildSchemas } from "../../../migrations/engine/run/rebuild";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { loadMigrations } from "../../../migrations/engine/survey/load";
import { migrationsFolder, SCHEMAS, VERSIONS } from "../../support/files/migrationFiles";
import { apply, failureOf, ledgerRows } from "../../support/program/runs";
import { readCatalog } from "../../support/servers/catalog";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });

  const make = (tier: string, governed = true): Promise<ProgramDatabase> =>
    suite.database({ governed, configuration: { tier } });
  const applyAll = async (database: ProgramDatabase): Promise<void> => {
    const { migrations } = await loadMigrations(migrationsFolder);
    const lower: string[] = [];
    for (const migration of migrations) {
      await apply(database, migration, { lower: [...lower] });
      lower.push(migration.header.version);
    }
    await database.heal();
  };
  const catalogOf = async (database: ProgramDatabase): Promise<readonly string[]> =>
    readCatalog(await database.connect("superuser"), SCHEMAS);
  const rebuild = (database: ProgramDatabase, access = database.access): Promise<number> =>
    rebuildSchemas(access, () => undefined);

  beforeAll(loadParser);

  it.each(["dev", "qa"])(
    "empties the schemas in %s; the files then make them, their privileges and reference data again",
    async (tier) => {
      const database = await make(tier);
      await applyAll(database);
      const before = await catalogOf(database);
      const infra = await database.connect("infrastructure");
      await infra.query("CREATE TABLE dagapp.left_by_hand (id int)");
      await infra.query("DELETE FROM dagapp.platforms");

      expect(await rebuild(database)).toBe(VERSIONS.length);
      const relations = `SELECT relname FROM pg_class WHERE relnamespace = ANY ($1::regnamespace[])`;
      expect(await database.rows(relations, [SCHEMAS])).toEqual([]);
      expect(await ledgerRows(database)).toEqual(
        VERSIONS.map(
          ({ version }) => expect.objectContaining({ version, applied: false }) as unknown,
        ),
      );

      await database.heal();
      await applyAll(database);
      expect(await catalogOf(database)).toEqual(before);
      expect(await database.deviations()).toEqual([]);
      expect(await database.rows("SELECT platform_id FROM dagapp.platforms")).toEqual([
        { platform_id: "ddh" },
      ]);
    },
  );

  it("keeps the ledger's ids, the events and the roles, and says by whom it was rebuilt", async () => {
    const database = await make("dev");
    await applyAll(database);
    const ids = (await ledgerRows(database)).map(({ id }) => id);
    const count = "SELECT count(*)::int AS n FROM public.schema_migration_events";
    const [before] = await database.rows(count);
    await rebuild(database);
    expect((await ledgerRows(database)).map(({ id }) => id)).toEqual(ids);
    expect(await database.rows(count)).toEqual([{ n: Number(before?.["n"]) + 1 }]);
    expect(
      await database.rows(
        "SELECT kind, login::text FROM public.schema_migration_events ORDER BY id DESC LIMIT 1",
      ),
    ).toEqual([{ kind: "rebuilt", login: database.names.admin }]);
  });

  it.each(["uat", "prod"])(
    "is refused in %s, and by its stamp when the configuration claims dev, and nothing is changed",
    async (tier) => {
      const database = await make(tier);
      await applyAll(database);
      const before = await catalogOf(database);
      for (const access of [database.access, database.accessWith({ tier: "dev" })]) {
        const error = await failureOf(rebuild(database, access));
        expect(error.message).toContain(`A ${tier} database is never rebuilt`);
      }
      expect(await catalogOf(database)).toEqual(before);
    },
  );

  it("is refused in a database that was never set up", async () => {
    const database = await make("dev", false);
    const error = await failureOf(rebuild(database));
    expect(error.message).toContain("was never set up by this program");
  });

  it("waits for a migration that runs, and gives up in the end", async () => {
    const database = await make("dev");
    const infra = await database.connect("infrastructure");
    await infra.query("BEGIN");
    await infra.query(
      "LOCK TABLE public.schema_migration_lock IN SHARE UPDATE EXCLUSIVE MODE NOWAIT",
    );
    const access = database.accessWith({ runnerWaitMs: "300" });
    expect((await failureOf(rebuild(database, access))).message).toContain("Another runner");
    await infra.query("ROLLBACK");
    expect(await rebuild(database, access)).toBe(0);
  });
});
