/**
 * Settings stored with the database and the logins, one after the other: each command reads and answers as if there were
 * none. And what cannot be forced is named.
 */
import { readHistory } from "../../../migrations/engine/ledger/ledger";
import { proveMigrations } from "../../../migrations/engine/proof/prove";
import { StatementError } from "../../../migrations/engine/run/statementError";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { MAJORS } from "../../../sandbox/binaries";
import { errorCode, withClient } from "../../../stack/connection";
import { PooledConnectionError, SessionSettingError } from "../../../stack/sessionSettings";
import { makeMigration } from "../../support/files/makeMigration";
import { apply, exists, failureOf, ledgerRows, rollBack } from "../../support/program/runs";
import { startDroppingProxy } from "../../support/servers/droppingProxy";
import type { ProgramDatabase } from "../../support/servers/programDatabase";
import { useServer } from "../../support/servers/useServer";
import { serverVersions } from "../../support/servers/versions";

jest.setTimeout(300_000);

/** By the kind of harm: another reading, another answer, an end, a refusal. */
const hostile: Readonly<Record<string, string>> = {
  standard_conforming_strings: "off",
  client_encoding: "LATIN1",
  DateStyle: "German, DMY",
  IntervalStyle: "sql_standard",
  TimeZone: "Asia/Kolkata",
  quote_all_identifiers: "on",
  bytea_output: "escape",
  extra_float_digits: "-15",
  transform_null_equals: "on",
  array_nulls: "off",
  transaction_timeout: "300ms",
  idle_session_timeout: "300ms",
  default_transaction_read_only: "on",
  default_transaction_isolation: "serializable",
  row_security: "off",
  search_path: "pg_temp, dagapp",
  statement_timeout: "1ms",
  lock_timeout: "1ms",
};

const newest = Math.max(...MAJORS);

describe.each(serverVersions)("on PostgreSQL %d", (major) => {
  const suite = useServer({ major });
  let database: ProgramDatabase;

  beforeAll(async () => {
    await loadParser();
    database = await suite.database();
  });

  const stored = async (verb: "SET" | "RESET", name: string, value = ""): Promise<void> => {
    const { admin, migrator } = database.names;
    const set = verb === "SET" ? `SET ${name} = ${quoted(name, value)}` : `RESET ${name}`;
    for (const of of [
      `DATABASE "${database.settings.server.database}"`,
      `ROLE ${admin}`,
      `ROLE ${migrator}`,
    ]) {
      await database.rows(`ALTER ${of} ${set}`);
    }
  };
  const quoted = (name: string, value: string): string =>
    name === "search_path" ? value : `'${value}'`;
  const known = Object.entries(hostile).filter(
    ([name]) => name !== "transaction_timeout" || major >= 17,
  );
  let number = 0;
  /** A file whose end depends on how it is read; slower than the hostile limits. */
  const tricky = () => {
    number += 1;
    return makeMigration({
      name: `${String(number).padStart(3, "0")}_t`,
      version: `1.${number}.0`,
      body: `BEGIN;
CREATE TABLE dagapp.t${number} AS SELECT '\\' AS text, DATE '01/02/2026' AS day, TIMESTAMPTZ '2026-01-01 00:00' AS at,
  '{NULL}'::text[] AS list, (NULL = NULL) AS same, 'ä' AS letter;
SELECT pg_sleep(0.4);
COMMIT;`,
      rollbackBody: `DROP TABLE IF EXISTS dagapp.t${number};`,
    });
  };

  it.each(known)("%s = %s: applies, reads, heals and rolls back as ever", async (name, value) => {
    await stored("SET", name, value);
    try {
      const migration = tricky();
      const { state } = await apply(database, migration);
      expect(state).toMatchObject({ status: "applied", checksum: migration.checksum });
      expect(
        await database.rows(
          `SELECT text, day::text, extract(epoch FROM at)::int AS at, list[1] IS NULL AS "null", same, letter FROM dagapp.t${number}`,
        ),
      ).toEqual([
        { text: "\\", day: "2026-01-02", at: 1_767_225_600, null: true, same: null, letter: "ä" },
      ]);
      const purpose = { account: "admin", activity: "test", readOnly: true } as const;
      const { versions } = await withClient(database.access, purpose, readHistory);
      expect(versions.at(-1)?.completedAt?.getTime()).toBeGreaterThan(Date.now() - 60_000);
      expect((await database.heal()).left).toEqual([]);
      expect(
        await database.rows(
          "SELECT relrowsecurity AS on FROM pg_class WHERE oid = 'public.schema_migration_events'::regclass",
        ),
      ).toEqual([{ on: true }]);
      await rollBack(database, migration);
      expect(await exists(database, `dagapp.t${number}`)).toBe(false);
    } finally {
      await stored("RESET", name);
    }
  });

  it("all of them at once: a rollback is proven", async () => {
    for (const [name, value] of known) await stored("SET", name, value);
    try {
      const migration = tricky();
      const [result] = await proveMigrations(
        database.access,
        [migration],
        [migration],
        () => undefined,
      );
      expect(result).toMatchObject({ outcome: "proven", differences: [], reason: null });
    } finally {
      for (const [name] of known) await stored("RESET", name);
    }
  });

  it("names what it may not change itself", async () => {
    await stored("SET", "session_replication_role", "replica");
    try {
      const error = await failureOf(apply(database, tricky()));
      expect(error).toBeInstanceOf(SessionSettingError);
      expect(error.message).toContain("session_replication_role = replica, not origin");
    } finally {
      await stored("RESET", "session_replication_role");
    }
  });

  it("names a pooler that drops what a session asks for", async () => {
    const proxy = await startDroppingProxy(suite.server.port);
    try {
      const access = database.accessWith({ port: String(proxy.port) });
      const before = await ledgerRows(database);
      const error = await failureOf(apply(database, tricky(), { access }));
      expect(error).toBeInstanceOf(PooledConnectionError);
      expect(error.message).toContain("it drops the settings that a session asks for");
      expect(await ledgerRows(database)).toEqual(before);
    } finally {
      await proxy.close();
    }
  });

  it("sends one statement a message: what only the server reads as several is refused", async () => {
    await database.rows("CREATE TABLE IF NOT EXISTS dagapp.kept AS SELECT 1 AS id");
    number += 1;
    const migration = makeMigration({
      ...{ name: `${String(number).padStart(3, "0")}_t`, version: `1.${number}.0` },
      body: "SET standard_conforming_strings = off;\nSELECT '\\'; TRUNCATE dagapp.kept; --';",
    });
    const error = await failureOf(apply(database, migration));
    expect(error).toBeInstanceOf(StatementError);
    expect(errorCode(error.cause)).toBe("42601");
    expect(await database.rows("SELECT count(*)::int AS n FROM dagapp.kept")).toEqual([{ n: 1 }]);
  });
});

it("knows the newest server's limits", () => {
  expect(newest).toBeGreaterThanOrEqual(17);
});
