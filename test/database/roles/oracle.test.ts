/**
 * An opinion from outside: what each role may do with each object of a database, as the server's own has_*_privilege
 * tell it, equals on every cell what the rules of roles/privileges.ts and ownership give. Access control lists, and the
 * code that reads and mends them, have no part in either.
 */
import { impactsAmong } from "../../../migrations/engine/impact/classify";
import { applyMigration } from "../../../migrations/engine/run/run";
import { withRunner } from "../../../migrations/engine/server/runner";
import { loadMigrations } from "../../../migrations/engine/survey/load";
import { migrationsFolder } from "../../support/files/migrationFiles";
import { addAwkwardObjects, awkwardNames } from "../../support/privileges/awkwardObjects";
import {
  disagreements,
  disagreementsIn,
  opinions,
  ordinaryRoles,
} from "../../support/privileges/ruleOracle";
import { addForeignTable, addSampleObjects } from "../../support/privileges/sampleObjects";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;

  beforeAll(async () => {
    database = await suite.database();
    const { migrations } = await loadMigrations(migrationsFolder);
    for (const migration of migrations) {
      await withRunner(database.access, (runner) =>
        applyMigration(
          runner,
          { migration, lower: [], expected: impactsAmong([migration], migration) },
          () => undefined,
        ),
      );
    }
    await addSampleObjects(database);
    await addForeignTable(database);
    for (const schema of ["dagapp", "pgstac"]) await addAwkwardObjects(database, schema);
    await database.asAdmin((client) => client.query("CREATE EXTENSION pg_trgm SCHEMA public"));
    await database.rows("CREATE ROLE latecomer LOGIN");
    expect((await database.heal()).left).toEqual([]);
  });

  it("rules and server agree on every object, privilege, grant option and role", async () => {
    await database.asAdmin(async (client) => {
      const roles = await ordinaryRoles(client);
      const both = await opinions(
        client,
        { settings: database.settings, server: { major } },
        roles,
      );
      expect(disagreements(both)).toEqual([]);
      expect(roles.length).toBe(8);
      expect(both.cells).toBeGreaterThan(50_000);
      const told = [...both.held.values()].flat().join("\n");
      for (const name of awkwardNames) expect(told).toContain(`dagapp.${name}`);
    });
  });

  it.each([
    [
      'GRANT TRUNCATE ON dagapp."UPPER" TO latecomer',
      "too much: latecomer: TRUNCATE on table dagapp.UPPER",
    ],
    [
      "REVOKE SELECT ON dagapp.tree_1_1 FROM {service}",
      "missing: {service}: SELECT on table dagapp.tree_1_1",
    ],
    [
      "GRANT EXECUTE ON FUNCTION dagapp.same(INTEGER[]) TO PUBLIC",
      "too much: latecomer: EXECUTE on function dagapp.same(integer[])",
    ],
    [
      'GRANT SELECT ("Other Column") ON pgstac."With Space" TO latecomer',
      "too much: latecomer: SELECT on column pgstac.With Space.Other Column",
    ],
    [
      "GRANT SET ON PARAMETER log_statement TO latecomer",
      "too much: latecomer: SET on parameter log_statement",
    ],
    [
      "GRANT USAGE ON FOREIGN SERVER nowhere TO latecomer",
      "too much: latecomer: USAGE on server nowhere",
    ],
    [
      "GRANT {infra} TO latecomer WITH ADMIN OPTION",
      "too much: latecomer: CREATE on schema dagapp",
    ],
    [
      "GRANT SELECT ON public.schema_migrations TO {service} WITH GRANT OPTION",
      "too much: {service}: SELECT WITH GRANT OPTION on table public.schema_migrations",
    ],
  ])("they no longer do after %s", async (sql, line) => {
    const named = (text: string): string =>
      text
        .replaceAll("{service}", database.settings.roles.service)
        .replaceAll("{infra}", database.settings.roles.infrastructure);
    await database.rows("ALTER ROLE latecomer INHERIT");
    await database.rows(named(sql));
    const about = ["latecomer", database.settings.roles.service];
    expect(await disagreementsIn(database, major, about)).toContain(named(line));
    await database.rows("DROP OWNED BY latecomer");
    await database.rows(named("REVOKE {infra} FROM latecomer"));
  });

  it("agree again when all that is healed", async () => {
    expect((await database.heal()).left).toEqual([]);
    expect(await disagreementsIn(database, major)).toEqual([]);
  });

  it("nobody is, has or may become another role but as declared", async () => {
    const { admin, infrastructure, migrator } = database.settings.roles;
    const can = major >= 16 ? "SET" : "MEMBER";
    const pairs = await database.rows(
      `SELECT a.rolname AS who, b.rolname AS whose, kind
         FROM pg_roles a CROSS JOIN pg_roles b CROSS JOIN unnest($1::text[]) AS kind
        WHERE NOT a.rolsuper AND a.rolname !~ '^pg_' AND a <> b AND pg_has_role(a.oid, b.oid, kind)`,
      [["USAGE", can]],
    );
    expect(
      pairs.map(({ who, whose, kind }) => `${String(who)} ${String(kind)} ${String(whose)}`).sort(),
    ).toEqual(
      [
        `${admin} USAGE ${infrastructure}`,
        `${admin} ${can} ${infrastructure}`,
        `${admin} USAGE pg_database_owner`,
        `${admin} ${can} pg_database_owner`,
        `${String(migrator)} ${can} ${infrastructure}`,
      ].sort(),
    );
  });
});
