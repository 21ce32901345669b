/**
 * Who may connect to a scratch database: admin and migrators, and from its first moment on nobody else. A session of the
 * service role could put rows back while they are compared, or keep a table locked.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { Client } from "pg";

import { withScratchDatabase } from "../../../migrations/engine/proof/scratch";
import { errorCode, withClient } from "../../../stack/connection";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;

  beforeAll(async () => {
    database = await suite.database();
  });

  /** Tries to get into every scratch database there is, again and again, until told to stop. */
  async function intrude(
    login: "service" | "outsider",
    isOver: () => boolean,
  ): Promise<readonly string[]> {
    const eyes = await database.connect("superuser");
    const { host, port } = database.settings.server;
    const password = (await database.access.passwordOf("service", "")) ?? "";
    const ends: string[] = [];
    while (!isOver()) {
      const { rows } = await eyes.query<{ name: string }>(
        "SELECT datname AS name FROM pg_database WHERE datname LIKE 'ddl_proof%'",
      );
      for (const { name } of rows) {
        const client = new Client({
          host,
          port,
          user: database.names[login],
          database: name,
          password,
        });
        client.on("error", () => undefined);
        const end = await client.connect().then(
          () => "in",
          (error: unknown) => errorCode(error),
        );
        ends.push(end);
        await client.end().catch(() => undefined);
      }
    }
    return ends;
  }

  /** Looks thousands of times a second whether a scratch database lets the service role in: longer than a few rounds take. */
  async function watch(seconds: number): Promise<void> {
    const eyes = await database.connect("superuser");
    const service = database.names.service;
    await eyes.query(`DO $$ DECLARE started TIMESTAMPTZ := clock_timestamp(); BEGIN
      WHILE clock_timestamp() < started + INTERVAL '${seconds} seconds' LOOP
        IF EXISTS (SELECT FROM pg_database AS d WHERE d.datname LIKE 'ddl_proof%' AND d.datallowconn
                    AND has_database_privilege('${service}', d.oid, 'CONNECT')) THEN
          RAISE EXCEPTION 'a scratch database is open to the service role';
        END IF;
      END LOOP; END $$`);
  }

  it("is never open to the service role, not for the moment in which it is made", async () => {
    const watching = watch(2).then(
      () => "closed",
      (error: unknown) => String(error),
    );
    const ended: string[] = [];
    void watching.then((end) => ended.push(end));
    let rounds = 0;
    while (ended.length === 0) {
      await withScratchDatabase(
        database.access,
        () => undefined,
        () => Promise.resolve(),
      );
      rounds += 1;
    }
    expect(await watching).toBe("closed");
    expect(rounds).toBeGreaterThan(0);
  });

  it("lets nobody in but admin and migrators, however soon they come", async () => {
    let isOver = false;
    const tries = [intrude("service", () => isOver), intrude("outsider", () => isOver)];
    for (let round = 0; round < 4; round += 1) {
      await withScratchDatabase(
        database.access,
        () => undefined,
        async (scratch) => {
          for (const account of ["admin", "migrator"] as const) {
            await withClient(scratch, { account, activity: "test" }, (client) =>
              client.query("SELECT"),
            );
          }
          await sleep(100);
        },
      );
    }
    isOver = true;
    const ends = (await Promise.all(tries)).flat();
    expect(ends.length).toBeGreaterThan(20);
    // No privilege; not accepting connections yet; or gone in the meantime.
    expect([...new Set(ends)].filter((end) => !["42501", "55000", "3D000"].includes(end))).toEqual(
      [],
    );
    expect(ends).toContain("42501");
  });

  it("tells the service role by its name, whatever that looks like", async () => {
    const mover = `mover_${database.names.migrator}`;
    const odd = await suite.database({
      configuration: {
        serviceRole: `page: ${mover} reads`,
        migrator: mover,
        migrators: JSON.stringify([mover]),
      },
    });
    const { service, migrator } = odd.names;
    const may = await withScratchDatabase(
      odd.access,
      () => undefined,
      async ({ settings }) =>
        odd.rows(
          "SELECT has_database_privilege(login, $2, 'CONNECT') AS may FROM unnest($1::NAME[]) AS login",
          [[service, migrator], settings.server.database],
        ),
    );
    await odd.close();
    expect(may).toEqual([{ may: false }, { may: true }]);
  });

  it("gives the service role, readers and PUBLIC no privilege on it, and the migrators what they have elsewhere", async () => {
    await withScratchDatabase(
      database.access,
      () => undefined,
      async ({ settings }) => {
        const { service, outsider, migrator } = database.names;
        const { rows } = await database.asAdmin((client) =>
          client.query<{ login: string; may: boolean }>(
            `SELECT login, has_database_privilege(login, $2, 'CONNECT') OR has_database_privilege(login, $2, 'TEMP') AS may
             FROM unnest($1::NAME[]) AS login`,
            [[service, outsider, migrator], settings.server.database],
          ),
        );
        expect(rows).toEqual([
          { login: service, may: false },
          { login: outsider, may: false },
          { login: migrator, may: true },
        ]);
        expect(settings.server.database).toMatch(/^ddl_proof_\d{10}_[0-9a-f]{24}$/);
        // What a proof compares is there all the same: privileges inside are those of the governed database.
        const inside = { ...database.access, settings };
        await withClient(inside, { account: "admin", activity: "test" }, async (client) => {
          const found = await client.query(
            "SELECT has_schema_privilege($1, 'dagapp', 'USAGE') AS may",
            [service],
          );
          expect(found.rows).toEqual([{ may: true }]);
        });
      },
    );
  });
});
