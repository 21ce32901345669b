/**
 * Settings that a stack stores with its database and its logins: what is missing or otherwise is drift and healed, sessions
 * have them, and what nobody declared goes.
 */
import { healPrivileges } from "../../../roles/database/heal";
import { inspectPrivileges } from "../../../roles/database/inspection";
import { type Access, withClient } from "../../../stack/connection";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

const declared = {
  databaseSettings: '{"work_mem": "64MB", "random_page_cost": 1.1}',
  roleSettings: '{"service": {"statement_timeout": "30s", "jit": false}}',
};

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;
  let access: Access;

  const drift = async (of: Access): Promise<readonly string[]> => {
    const look = { account: "admin", activity: "test" } as const;
    const { deviations } = await withClient(of, look, (client) =>
      inspectPrivileges(client, of.settings),
    );
    return deviations.map(({ text }) => text);
  };
  const heal = (of: Access): Promise<{ readonly left: readonly unknown[] }> =>
    withClient(of, { account: "admin", activity: "test" }, (client) =>
      healPrivileges(client, of.settings),
    );
  const sessionHas = async (...names: readonly string[]): Promise<readonly unknown[]> => {
    const client = await database.connect("service");
    const found: unknown[] = [];
    for (const name of names) {
      const { rows } = await client.query<{ value: string }>(
        "SELECT current_setting($1) AS value",
        [name],
      );
      found.push(rows[0]?.value);
    }
    await client.end();
    return found;
  };

  beforeAll(async () => {
    database = await suite.database();
    access = database.accessWith(declared);
    await heal(database.access);
  });

  it("are stored by healing, and hold in new sessions", async () => {
    const name = access.settings.server.database;
    const { service } = access.settings.roles;
    expect(await drift(access)).toEqual([
      `database ${name}: setting work_mem=64MB is missing`,
      `database ${name}: setting random_page_cost=1.1 is missing`,
      `role ${service}: setting statement_timeout=30s in database ${name} is missing`,
      `role ${service}: setting jit=off in database ${name} is missing`,
    ]);
    expect((await heal(access)).left).toEqual([]);
    expect(await drift(access)).toEqual([]);
    expect(await sessionHas("work_mem", "random_page_cost", "statement_timeout", "jit")).toEqual([
      ...["64MB", "1.1", "30s", "off"],
    ]);
    const [event] = await database.rows(
      "SELECT detail::text FROM public.schema_migration_events WHERE kind = 'healed' ORDER BY id DESC LIMIT 1",
    );
    expect(String(event?.["detail"])).toContain("setting work_mem=64MB is missing");
  });

  it("are exact: what was changed or added by hand is drift and goes", async () => {
    await heal(access);
    const name = access.settings.server.database;
    const { service } = access.settings.roles;
    for (const sql of [
      `ALTER DATABASE "${name}" SET work_mem = '1GB'`,
      `ALTER DATABASE "${name}" SET temp_buffers = '1GB'`,
      `ALTER DATABASE "${name}" SET "TimeZone" = 'Europe/Berlin'`,
      `ALTER ROLE "${service}" IN DATABASE "${name}" RESET jit`,
      `ALTER ROLE "${service}" IN DATABASE "${name}" SET lock_timeout = 0`,
      `ALTER ROLE "${service}" SET work_mem = '2GB'`,
    ]) {
      await database.rows(sql);
    }
    expect([...(await drift(access))].sort()).toEqual([
      `database ${name}: setting work_mem=64MB is missing`,
      `database ${name}: should not set temp_buffers=1GB for every login`,
      `role ${service}: setting jit=off in database ${name} is missing`,
      `role ${service}: should not set lock_timeout=0 in database ${name}`,
      `role ${service}: should not set work_mem=2GB`,
    ]);
    expect((await heal(access)).left).toEqual([]);
    expect(await drift(access)).toEqual([]);
    await database.rows(`ALTER DATABASE "${name}" RESET "TimeZone"`);
  });

  it("go when the stack no longer declares them, of the database by default", async () => {
    await heal(access);
    const fewer = database.accessWith({ databaseSettings: '{"work_mem": "default"}' });
    expect((await heal(fewer)).left).toEqual([]);
    const rows = await database.rows(
      `SELECT unnest(setconfig) AS setting FROM pg_db_role_setting
        WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    expect(rows).toEqual([]);
    await database.rows(`ALTER DATABASE "${access.settings.server.database}" SET work_mem = '5MB'`);
    expect(await drift(database.access)).toEqual([]);
    expect(await drift(fewer)).toEqual([
      `database ${access.settings.server.database}: should not set work_mem=5MB for every login`,
    ]);
  });

  it("are left to a person where the server does not take the value", async () => {
    const wrong = database.accessWith({ databaseSettings: '{"work_mem": "1kB"}' });
    const { left } = await heal(wrong);
    expect(left).toMatchObject([
      { reason: expect.stringMatching(/outside the valid range/) as string },
    ]);
  });
});
