/**
 * The session of a run: who is in its way is shown, locks are waited for briefly in all, settings stay its own, and a
 * pooler in between is refused.
 */
import type { Client } from "pg";

import { loadParser } from "../../../migrations/engine/statements/statements";
import { PooledConnectionError } from "../../../stack/sessionSettings";
import { makeMigration } from "../../support/files/makeMigration";
import { apply, arrange, failureOf, ledgerRows } from "../../support/program/runs";
import { startPoolingProxy } from "../../support/servers/poolingProxy";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;

  const pidOf = async (client: Client): Promise<number> =>
    (await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")).rows[0]?.pid ?? 0;
  const lockIn = async (mode: string, table: string): Promise<Client> => {
    const client = await database.connect("infrastructure");
    await client.query("BEGIN");
    await client.query(`LOCK TABLE ${table} IN ${mode} MODE`);
    return client;
  };
  const short = (more: Readonly<Record<string, string>> = {}) => ({
    access: database.accessWith({ lockTimeoutMs: "300", lockBudgetMs: "900", ...more }),
  });

  beforeAll(loadParser);
  beforeEach(async () => {
    database = await suite.database();
    await arrange(
      database,
      ...["a", "b", "c"].map((name) => `CREATE TABLE dagapp.${name} (id INTEGER)`),
    );
  });

  describe("who is in the way", () => {
    const migration = () =>
      makeMigration({ body: "BEGIN;\nALTER TABLE dagapp.a ADD COLUMN note TEXT;\nCOMMIT;" });
    const blocked = async (): Promise<{ error: Error; log: string[]; pid: number }> => {
      const reader = await database.connect("service");
      const pid = await pidOf(reader);
      await reader.query("BEGIN");
      await reader.query("SELECT 'secret-4711' FROM dagapp.a");
      const log: string[] = [];
      const onLog = (line: string): void => void log.push(line);
      const error = await failureOf(apply(database, migration(), { ...short(), onLog }));
      return { error, log, pid };
    };

    it("is told while it waits and in the error: process, login, application", async () => {
      const { error, log, pid } = await blocked();
      const who = `process ${pid}, login ${database.names.service}, application "test: service"`;
      const hidden = "(since when and doing what only a member of pg_read_all_stats may see)";
      expect(log.find((line) => line.startsWith("waiting for dagapp.a, "))).toContain(
        `${who} ${hidden}`,
      );
      expect(log.find((line) => line.startsWith("another session is in the way"))).toContain(who);
      expect(error.message).toMatch(/failed: canceling statement due to lock timeout/);
      expect(error.message).toContain(`It was waiting for dagapp.a since 0.`);
      expect(error.message).toContain(who);
    });

    it.each(["migrator", "admin"] as const)(
      "is told with age and kind of query when the %s may see them, and never with data",
      async (login) => {
        await database.rows(`GRANT pg_read_all_stats TO ${database.names[login]}`);
        await database.rows(`ALTER ROLE ${database.names[login]} INHERIT`);
        if (major >= 16) {
          await database.rows(
            `GRANT pg_read_all_stats TO ${database.names[login]} WITH INHERIT TRUE`,
          );
        }
        const { error, log } = await blocked();
        expect(error.message).toMatch(
          /in a transaction for \d+\.\d s, idle in transaction \(last: SELECT\)/,
        );
        expect([error.message, ...log].join("\n")).not.toContain("secret-4711");
        expect(error.message).not.toContain("pg_read_all_stats");
      },
    );
  });

  it.each([
    [
      "several statements",
      "ALTER TABLE dagapp.a ADD COLUMN n TEXT;\nALTER TABLE dagapp.b ADD COLUMN n TEXT;\nALTER TABLE dagapp.c ADD COLUMN n TEXT;",
    ],
    ["one statement", "DROP TABLE dagapp.a, dagapp.b, dagapp.c;"],
  ])(
    "holds a reader up no longer than the lock timeout when the locks of %s are in others' hands",
    async (_what, statements) => {
      // One table is let go of just before the timeout, when the wait for the next begins.
      const first = await lockIn("ACCESS SHARE", "dagapp.b");
      await lockIn("ACCESS SHARE", "dagapp.c");
      const reader = await database.connect("service");
      let waited = 0;
      let asked = false;
      const done: Promise<unknown>[] = [];
      await failureOf(
        apply(database, makeMigration({ body: `BEGIN;\n${statements}\nCOMMIT;` }), {
          ...short({ lockTimeoutMs: "1000", lockBudgetMs: "0" }),
          onLog: (line) => {
            if (asked || !line.startsWith("waiting for dagapp.b, ")) return;
            asked = true;
            setTimeout(() => void first.query("COMMIT"), 800);
            const started = Date.now();
            done.push(
              reader.query("SELECT * FROM dagapp.a").then(() => (waited = Date.now() - started)),
            );
          },
        }),
      );
      await Promise.all(done);
      expect(waited).toBeGreaterThan(800);
      // Counted anew for each lock, it would be 1.8 s.
      expect(waited).toBeLessThan(1_500);
    },
  );

  it("keeps its settings to the session and the transaction they are for", async () => {
    const shown =
      "DO $$ BEGIN RAISE NOTICE 'lock_timeout is %', current_setting('lock_timeout'); END $$;";
    const { log } = await apply(
      database,
      makeMigration({
        body: `BEGIN;\nCREATE TABLE dagapp.d (id INTEGER);\nCOMMIT;\nCREATE INDEX CONCURRENTLY d_id ON dagapp.d (id);\n${shown}`,
      }),
      short(),
    );
    expect(log).toContain("notice: lock_timeout is 300ms");
    const other = await database.connect("infrastructure");
    const { rows } = await other.query("SELECT current_setting('lock_timeout') AS value");
    expect(rows).toEqual([{ value: "0" }]);
    expect(
      await database.rows(
        "SELECT setconfig FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole WHERE r.rolname = ANY ($1)",
        [[database.names.migrator, database.settings.roles.infrastructure]],
      ),
    ).toEqual([]);
  });

  it("sets a parameter of the file again when it resumes in another session", async () => {
    const body = (last: string): string =>
      `SET search_path = dagapp;\nBEGIN;\nSET work_mem = '7MB';\nCREATE TABLE first (id INTEGER);\nCOMMIT;\nDO $$ BEGIN IF to_regclass('dagapp.later') IS NULL THEN RAISE EXCEPTION 'not yet'; END IF; END $$;\n${last}`;
    const migration = makeMigration({
      body: body(
        "BEGIN;\nCREATE TABLE second AS SELECT current_setting('work_mem') AS work_mem;\nCOMMIT;",
      ),
    });
    await failureOf(apply(database, migration));
    await arrange(database, "CREATE TABLE dagapp.later (id INTEGER)");
    const { log } = await apply(database, migration);
    expect(log).toContain("resuming: 2 segment(s) were done before");
    expect(await database.rows("SELECT * FROM dagapp.second")).toEqual([{ work_mem: "7MB" }]);
  });

  it.each(["last used first", "in turn"] as const)(
    "refuses a pooler in transaction mode (%s), and has changed nothing",
    async (order) => {
      const proxy = await startPoolingProxy(suite.server.port, order);
      try {
        const access = database.accessWith({ port: String(proxy.port) });
        const error = await failureOf(apply(database, makeMigration(), { access }));
        expect(error).toBeInstanceOf(PooledConnectionError);
        expect(error.message).toContain(
          `127.0.0.1:${proxy.port} is not PostgreSQL itself but a pooler: one session has several server processes`,
        );
        expect(await ledgerRows(database)).toEqual([]);
      } finally {
        await proxy.close();
      }
    },
  );
});
