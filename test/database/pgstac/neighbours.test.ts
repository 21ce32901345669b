// PgSTAC's roles are of the whole server. Where one of its databases has PgSTAC, another one's admin must not be asked to
// speak for them: from PostgreSQL 16 on it may not.
import { preparePgstac } from "../../../pgstac/database/prepare";
import { lendPgstacRoles } from "../../../sandbox/pgstacRoles";
import { inTransaction } from "../../../stack/connection";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let first: ProgramDatabase;

  const prepare = (database: ProgramDatabase): Promise<void> =>
    database.asAdmin((client) =>
      inTransaction(client, () =>
        preparePgstac(client, database.names.admin, database.settings.server.database),
      ),
    );

  beforeAll(async () => {
    first = await suite.database();
    await prepare(first);
    for (const sql of [
      "GRANT pgstac_read TO pgstac_ingest",
      "ALTER ROLE pgstac_admin SET search_path TO pgstac, public",
    ]) {
      await first.asAdmin((client) => client.query(sql));
    }
  });

  it("are governed where they may make things", async () => {
    const texts = (await first.deviations()).map(({ text }) => text);
    expect(texts).toContain(
      "new functions of pgstac_admin anywhere: PUBLIC should not have EXECUTE",
    );
    expect((await first.heal()).left).toEqual([]);
    await first.close();
  });

  it.each(["none", "0.9.12"])(
    "are nobody's deviation in another database with pgstac: %s, before and after it heals",
    async (pgstac) => {
      const other = await suite.database({ configuration: { pgstac } });
      expect((await other.deviations()).map(({ text }) => text)).toEqual([]);
      await other.rows("GRANT TRUNCATE ON public.schema_migrations TO PUBLIC");
      expect((await other.heal()).left).toEqual([]);
      await other.close();
    },
  );

  it("are asked for with the statement that an administrator runs, and then used", async () => {
    const other = await suite.database({ configuration: { pgstac: "0.9.12" } });
    if (major >= 16) {
      const { admin } = other.names;
      await expect(prepare(other)).rejects.toThrow(
        `GRANT "pgstac_admin", "pgstac_read", "pgstac_ingest" TO "${admin}" WITH ADMIN OPTION;`,
      );
      await other.rows(
        `GRANT pgstac_admin, pgstac_read, pgstac_ingest TO ${admin} WITH ADMIN OPTION`,
      );
    }
    await prepare(other);
    expect((await other.heal()).left).toEqual([]);
    expect(await other.deviations()).toEqual([]);
    await other.close();
  });

  it("are lent to each admin of a sandbox, twice without harm", async () => {
    const others = [
      await suite.database({ configuration: { pgstac: "0.9.12" } }),
      await suite.database(),
    ];
    const [one] = others;
    const superuser = await one?.connect("superuser");
    const admins = others.map(({ names }) => names.admin);
    for (let time = 1; superuser !== undefined && time <= 2; time += 1) {
      await lendPgstacRoles(superuser, major, admins);
    }
    for (const database of others) {
      await prepare(database);
      expect((await database.heal()).left).toEqual([]);
      expect(await database.deviations()).toEqual([]);
      await database.close();
    }
  });
});
