/** `ddl grants` and `ddl heal`: who can do what is shown, what is not as declared is named, and mended without Pulumi. */
import type { PrivilegeMatrix } from "../../../roles/compare/matrix";
import { addSampleObjects } from "../../support/privileges/sampleObjects";
import { type DdlProject, makeDdlProject } from "../../support/program/ddlProject";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;
  let project: DdlProject;

  const matrix = async (): Promise<PrivilegeMatrix> =>
    JSON.parse((await project.run("grants --json")).stdout) as PrivilegeMatrix;
  const infrastructure = (): string => database.settings.roles.infrastructure;

  beforeAll(async () => {
    database = await suite.database();
    await addSampleObjects(database);
    // A materialized view is born with the default privileges of tables.
    await database.heal();
    project = await makeDdlProject(database, {});
  });
  afterAll(() => project.remove());

  it("shows the whole matrix, equal objects counted together", async () => {
    const { status, stdout } = await project.run("grants");
    expect(status).toBe(0);
    const { service } = database.names;
    const line = (...cells: readonly string[]): RegExp =>
      new RegExp(`^ *${cells.join(" +")}$`, "m");
    expect(stdout).toMatch(line(service, "DELETE, INSERT, SELECT, UPDATE", "3 tables of dagapp"));
    expect(stdout).toMatch(
      line(service, "CONNECT, TEMPORARY", `database ${database.settings.server.database}`),
    );
    expect(stdout).toMatch(line(infrastructure(), "OWNER", "schema geoapi"));
    expect(stdout).toMatch(line("PUBLIC", "USAGE", "schema public"));
    expect(stdout).toMatch(
      line(service, "EXECUTE", `functions that ${infrastructure()} makes in pgstac`),
    );
    expect(stdout).toMatch(line(service, "service", "LOGIN NOINHERIT CONNECTION LIMIT 50"));
    expect(stdout).toContain("Superusers, whom nothing binds: postgres.");
    expect(/reaches the operating system: .*admin_/.test(stdout)).toBe(major < 16);
    expect(stdout).toMatch(/\nAll of this is as declared\.\n$/);
  });

  it("says the same to a program", async () => {
    const found = await matrix();
    expect(found).toMatchObject({ schemaVersion: 1, postgresql: major, drift: [] });
    expect(found.rows).toContainEqual({
      role: database.names.service,
      party: "service",
      privileges: ["SELECT"],
      kind: "materialized view",
      place: "dagapp",
      objects: 1,
    });
    expect(found.roles).toContainEqual({
      name: database.names.migrator,
      party: "migrator",
      attributes: ["LOGIN", "NOINHERIT"],
      memberOf: [infrastructure()],
    });
  });

  it("names drift, heals it, records that, and then finds nothing", async () => {
    const { service } = database.names;
    await database.rows(`GRANT TRUNCATE ON dagapp.item TO ${service}`);
    await database.rows("ALTER TABLE public.schema_migration_events DISABLE ROW LEVEL SECURITY");
    const text = `table dagapp.item: ${service} should not have TRUNCATE`;
    const shown = await project.run("grants");
    expect(shown.status).toBe(1);
    expect(shown.stdout).toContain(
      `${text}\n      REVOKE TRUNCATE ON TABLE dagapp.item FROM "${service}" CASCADE`,
    );
    const healed = await project.run("heal");
    expect(healed.status).toBe(0);
    expect(healed.stdout).toMatch(/^2 deviation\(s\) mended:\n/);
    expect(healed.stdout).toContain(text);
    expect((await matrix()).drift).toEqual([]);
    expect(await project.run("heal")).toMatchObject({
      status: 0,
      stdout: "Nothing to mend: privileges are as declared.\n",
    });
    const events = await database.rows(
      "SELECT login::text, detail FROM public.schema_migration_events WHERE kind = 'healed' ORDER BY id DESC LIMIT 1",
    );
    expect(events).toEqual([
      {
        login: database.names.admin,
        detail: { count: 2, mended: expect.arrayContaining([text]) as unknown },
      },
    ]);
  });

  it("says what only an administrator can mend, and ends with 1", async () => {
    const { service } = database.names;
    await database.rows(`ALTER ROLE ${service} BYPASSRLS`);
    const { status, stdout } = await project.run("heal");
    await database.rows(`ALTER ROLE ${service} NOBYPASSRLS`);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^1 deviation\(s\) left:\n/);
    expect(stdout).toContain(`ALTER ROLE "${service}" NOBYPASSRLS`);
  });

  it("heals no database of another tier", async () => {
    await project.configure("uat", database, { tier: "uat", targetVersion: "0.1.0" });
    await database.rows(`GRANT TRUNCATE ON dagapp.item TO ${database.names.service}`);
    const { status, stderr } = await project.run("heal --stack uat");
    expect(status).toBe(1);
    expect(stderr).toContain("is stamped dev, but this stack's tier is uat. Nothing was changed.");
    expect((await matrix()).drift).toHaveLength(1);
  });
});
