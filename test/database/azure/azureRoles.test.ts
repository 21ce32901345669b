/**
 * Privileges on a server that Azure made (a stand-in): its own roles are left alone as far as they are its own, roles that
 * only have such names are strangers, and whatever CREATEROLE leaves to the admin, default privileges are set and mended.
 */
import { createTables } from "../../../migrations/engine/ledger/ledger";
import { readObstacles } from "../../../migrations/engine/survey/obstacles";
import { remarksOn } from "../../../roles/compare/remarks";
import { inspectPrivileges } from "../../../roles/database/inspection";
import type { Major } from "../../../sandbox/binaries";
import type { PostgresServer } from "../../../sandbox/server";
import { inTransaction } from "../../../stack/connection";
import { startAzureServer } from "../../support/azure/azureServer";
import { makeProgramDatabase, type ProgramDatabase } from "../../support/servers/programDatabase";

jest.setTimeout(300_000);

const servers: readonly (readonly [string, Major, Readonly<Record<string, string>>])[] = [
  ["15", 15, {}],
  ["18", 18, {}],
  [
    "18, where the admin is a member of what it makes",
    18,
    { createrole_self_grant: "set, inherit" },
  ],
];

describe.each(servers)("on a server of Azure's, PostgreSQL %s", (_, major, settings) => {
  let server: PostgresServer;
  let database: ProgramDatabase;

  beforeAll(async () => {
    server = await startAzureServer(["unaccent", "pageinspect"], { major, settings });
    database = await makeProgramDatabase(server, { governed: false });
    await database.rows(`GRANT azure_pg_admin TO ${database.names.admin}`);
    const { roles, tier } = database.settings;
    await database.asAdmin((client) =>
      inTransaction(client, () => createTables(client, roles, tier)),
    );
    expect((await database.heal()).left).toEqual([]);
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });

  const texts = async (): Promise<readonly string[]> =>
    (await database.deviations()).map(({ text }) => text);

  it("finds nothing that Azure's own roles should not have", async () => {
    expect(await texts()).toEqual([]);
    const remarks = await database.asAdmin(async (client) => {
      const { context, catalog } = await inspectPrivileges(client, database.settings);
      return remarksOn(context, catalog);
    });
    expect(remarks).toContain(
      `Administrators of the server on Azure, who reach everything whatever their privileges: ${database.names.admin}.`,
    );
  });

  it("names an administrator of the server that nobody listed, and takes it out", async () => {
    await database.rows(`GRANT azure_pg_admin TO ${database.names.outsider}`);
    expect(await texts()).toEqual([
      `role ${database.names.outsider}: should not be a member of azure_pg_admin`,
    ]);
    await database.rows(`REVOKE azure_pg_admin FROM ${database.names.outsider}`);
  });

  it("expects the administrators of Entra that the stack names", async () => {
    const administrator = { name: database.names.outsider, objectId: "", type: "Group" } as const;
    await database.rows(`GRANT azure_pg_admin TO ${administrator.name}`);
    await database.rows(`ALTER ROLE ${administrator.name} CREATEROLE`);
    const { access } = database;
    const azure = { administrators: [administrator] } as unknown as typeof access.settings.azure;
    const { deviations } = await database.asAdmin((client) =>
      inspectPrivileges(client, { ...access.settings, azure }),
    );
    expect(deviations).toEqual([]);
    await database.rows(`ALTER ROLE ${administrator.name} NOCREATEROLE`);
    await database.rows(`REVOKE azure_pg_admin FROM ${administrator.name}`);
  });

  it("takes a role that somebody gave a name like Azure's for a stranger", async () => {
    const { infrastructure } = database.settings.roles;
    await database.rows(`CREATE ROLE azure_foo LOGIN CREATEROLE`);
    await database.rows(`CREATE ROLE azure_superuser NOLOGIN REPLICATION`);
    await database.rows(`GRANT pg_read_all_data, ${infrastructure} TO azure_foo`);
    await database.rows(`GRANT SELECT ON public.schema_migration_events TO azure_foo`);
    expect([...(await texts())].sort()).toEqual([
      "role azure_foo: should not be a member of " + infrastructure,
      "role azure_foo: should not be a member of pg_read_all_data",
      "role azure_foo: should not have CREATEROLE, which nobody declared",
      "role azure_superuser: should not have REPLICATION, which nobody declared",
      "table public.schema_migration_events: azure_foo should not have SELECT",
    ]);
    await database.rows("DROP OWNED BY azure_foo");
    await database.rows("DROP ROLE azure_foo");
    await database.rows("DROP ROLE azure_superuser");
  });

  it("sets and mends default privileges as the role that makes things, whoever may not", async () => {
    const { infrastructure } = database.settings.roles;
    const migrator = await database.connect("infrastructure");
    await migrator.query("CREATE TABLE dagapp.made (id INT)");
    expect(await texts()).toEqual([]);
    await migrator.query(
      "ALTER DEFAULT PRIVILEGES IN SCHEMA dagapp GRANT TRUNCATE ON TABLES TO PUBLIC",
    );
    await database.rows(
      `ALTER DEFAULT PRIVILEGES FOR ROLE ${database.names.outsider} IN SCHEMA public GRANT SELECT ON TABLES TO ${database.names.service}`,
    );
    const found = await database.deviations();
    expect(found.map(({ statements }) => statements.join("; ")).join("; ")).toContain(
      `ALTER DEFAULT PRIVILEGES FOR ROLE "${infrastructure}"`,
    );
    const { left } = await database.heal();
    // Of a creator whom the admin may not become, it says what to run.
    expect(left.map(({ deviation }) => deviation.text).join()).not.toContain(infrastructure);
    await database.rows(
      `ALTER DEFAULT PRIVILEGES FOR ROLE ${database.names.outsider} IN SCHEMA public REVOKE SELECT ON TABLES FROM ${database.names.service}`,
    );
    expect(await texts()).toEqual([]);
  });

  it("says which entry the list of extensions lacks, and the parameter to set", async () => {
    const obstacles = (extensions: readonly string[], more = {}): Promise<readonly string[]> =>
      database.asAdmin((client) =>
        readObstacles(client, { ...database.settings, extensions, ...more }),
      );
    // What the list has Azure lets the admin make, whatever PostgreSQL says of superusers.
    expect(await obstacles(["unaccent", "pageinspect"])).toEqual([]);
    expect(await obstacles(["hstore"])).toEqual([
      "Azure refuses the extension hstore: azure.extensions lists unaccent, pageinspect.\n" +
        "Add it to the server parameter azure.extensions, then run up again:\n" +
        "  az postgres flexible-server parameter set -g GROUP -s SERVER --name azure.extensions \\\n" +
        "    --value unaccent,pageinspect,hstore",
    ]);
    const azure = { mode: "create", administrators: [] };
    expect(await obstacles(["hstore"], { azure })).toEqual([]);
    const refused = database.asAdmin((client) => client.query('CREATE EXTENSION "hstore"'));
    await expect(refused).rejects.toThrow(/"hstore" is not allow-listed for "azure_pg_admin"/);
    await database.rows(`REVOKE azure_pg_admin FROM ${database.names.admin}`);
    expect(await obstacles(["unaccent"])).toEqual([
      `Azure lets only members of azure_pg_admin create the extension unaccent, and ${database.names.admin} is none.\n` +
        `Have an administrator of the server run: GRANT azure_pg_admin TO "${database.names.admin}";`,
    ]);
    await database.rows(`GRANT azure_pg_admin TO ${database.names.admin}`);
  });
});
