/**
 * The policy's permission model, asked of the server: every statement is tried by the login it speaks of, on objects
 * that were made after the grants. What is granted works, and its nearest neighbour is refused.
 */
import { type Client, escapeIdentifier } from "pg";

import { privilegeRules } from "../../roles/privileges";
import { MAJORS } from "../../sandbox/binaries";
import { type PostgresServer, startServer } from "../../sandbox/server";
import { attempt, attemptAlone, noticesOf, refused, works } from "../support/attempt";
import { type Login, makeProgramDatabase, type ProgramDatabase } from "../support/programDatabase";
import { ruleName, ruleProofs } from "../support/ruleProofs";
import { addSampleObjects } from "../support/sampleObjects";

jest.setTimeout(60_000);

const flat = (kind: "granted" | "refused"): readonly (readonly [string, Login, string])[] =>
  Object.entries(ruleProofs).flatMap(([rule, proof]) =>
    proof[kind].map((sql) => [rule, proof.as, sql] as const),
  );

describe.each(MAJORS)("on PostgreSQL %d", (major) => {
  let server: PostgresServer;
  let database: ProgramDatabase;
  const sessions = new Map<Login, Client>();

  const session = (login: Login): Client => {
    const client = sessions.get(login);
    if (client === undefined) throw new Error(`no session of ${login}`);
    return client;
  };
  /** Puts the real names in place of {service}, {admin} and so on. */
  const named = (sql: string): string =>
    sql
      .replace("{infra}", escapeIdentifier(database.settings.roles.infrastructure))
      .replace("{database}", escapeIdentifier(database.settings.server.database))
      .replace(/\{(\w+)\}/g, (_, login: Login) => escapeIdentifier(database.names[login]));
  const aclOf = async (table: string): Promise<unknown> =>
    (await database.rows("SELECT relacl::text FROM pg_class WHERE oid = $1::regclass", [table]))[0];

  beforeAll(async () => {
    server = await startServer({ major });
    database = await makeProgramDatabase(server);
    await addSampleObjects(database);
    for (const login of ["service", "migrator", "approver", "infrastructure"] as const) {
      sessions.set(login, await database.connect(login));
    }
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });

  describe("the rules of roles/privileges.ts", () => {
    it("are each proven by something that works and something that is refused", () => {
      expect(Object.keys(ruleProofs).sort()).toEqual(privilegeRules.map(ruleName).sort());
      for (const { granted, refused: withheld } of Object.values(ruleProofs)) {
        expect(granted).not.toHaveLength(0);
        expect(withheld).not.toHaveLength(0);
      }
    });

    it.each(flat("granted"))("%s: lets %s run: %s", async (_rule, login, sql) => {
      expect(await attempt(session(login), named(sql))).toBe(works);
    });

    it.each(flat("refused"))("%s: does not let %s run: %s", async (_rule, login, sql) => {
      expect(await attempt(session(login), named(sql))).toBe(refused);
    });
  });

  it("refuses to let a login that nobody declared connect", async () => {
    await expect(database.connect("outsider")).rejects.toMatchObject({ code: refused });
  });

  describe("the service role", () => {
    it.each([
      "CREATE VIEW dagapp.mine AS SELECT 1",
      "CREATE MATERIALIZED VIEW geoapi.mine AS SELECT 1",
      "CREATE SEQUENCE pgstac.mine",
      "CREATE TYPE dagapp.mine AS ENUM ('a')",
      "CREATE FUNCTION geoapi.mine() RETURNS INTEGER LANGUAGE sql AS 'SELECT 1'",
      "CREATE PROCEDURE geoapi.mine() LANGUAGE sql AS 'SELECT 1'",
      "CREATE TABLE dagapp.mine PARTITION OF dagapp.measure FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",
      "CREATE POLICY p ON dagapp.item USING (true)",
      "CREATE EXTENSION pgcrypto",
      "CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()",
      "CREATE ROLE mine",
      "ALTER TABLE dagapp.item RENAME TO thing",
      "ALTER TABLE dagapp.item OWNER TO {service}",
      "ALTER TABLE dagapp.item DISABLE TRIGGER ALL",
      "ALTER TABLE dagapp.item ENABLE ROW LEVEL SECURITY",
      "ALTER TABLE dagapp.measure DETACH PARTITION dagapp.measure_2026",
      "ALTER VIEW dagapp.item_view RENAME TO thing",
      "ALTER SEQUENCE dagapp.ticket RESTART",
      "ALTER SCHEMA dagapp RENAME TO other",
      "ALTER DATABASE {database} SET work_mem = '1GB'",
      "ALTER DEFAULT PRIVILEGES FOR ROLE {infra} IN SCHEMA dagapp GRANT TRUNCATE ON TABLES TO {service}",
      "DROP TABLE dagapp.item CASCADE",
      "DROP VIEW dagapp.item_view",
      "DROP FUNCTION dagapp.twice(INTEGER)",
      "DROP INDEX dagapp.item_pkey",
      "DROP SEQUENCE dagapp.ticket",
      "DROP SCHEMA dagapp CASCADE",
      "DROP OWNED BY {infra}",
      "REASSIGN OWNED BY {infra} TO {service}",
      "COMMENT ON TABLE dagapp.item IS 'mine'",
      "REINDEX TABLE dagapp.item",
      "CLUSTER dagapp.item USING item_pkey",
      "SET ROLE {infra}",
      "SET ROLE {admin}",
      "SET ROLE {migrator}",
      "SET SESSION AUTHORIZATION {admin}",
      "SET session_replication_role = replica",
      "ALTER ROLE {service} CREATEROLE",
      "ALTER ROLE {service} CONNECTION LIMIT -1",
      "ALTER ROLE {service} BYPASSRLS",
      "GRANT {infra} TO {service}",
      "SELECT * FROM public.schema_migrations",
      "INSERT INTO public.schema_migrations (version, applied) VALUES ('9.9.9', true)",
      "UPDATE public.schema_migrations SET applied = true",
      "DELETE FROM public.schema_migrations",
      "SELECT nextval('public.schema_migrations_id_seq')",
      "SELECT * FROM public.schema_migration_events",
      "INSERT INTO public.schema_migration_events (kind) VALUES ('applied')",
      "LOCK TABLE public.schema_migration_lock IN ACCESS SHARE MODE",
      "LOCK TABLE public.schema_migration_lock IN SHARE ROW EXCLUSIVE MODE",
      "COPY dagapp.item FROM PROGRAM 'true'",
      "SELECT pg_read_file('/etc/passwd')",
    ])("may not: %s", async (sql) => {
      expect(await attempt(session("service"), named(sql))).toBe(refused);
    });

    it.each(["CREATE DATABASE mine", "ALTER SYSTEM SET work_mem = '1GB'"])(
      "may not, outside any transaction: %s",
      async (sql) => {
        expect(await attemptAlone(session("service"), sql)).toBe(refused);
      },
    );

    it("may not refer to a governed table from a table of its own", async () => {
      await database.rows(named("CREATE SCHEMA lab AUTHORIZATION {service}"));
      const sql = "CREATE TABLE lab.mine (item INTEGER REFERENCES dagapp.item)";
      expect(await attempt(session("service"), sql)).toBe(refused);
      expect(await attempt(session("service"), "CREATE TABLE lab.mine (item INTEGER)")).toBe(works);
      await database.rows("DROP SCHEMA lab CASCADE");
    });

    it.each(["VACUUM FULL dagapp.item", "ANALYZE dagapp.item"])(
      "gets a warning from %s and changes nothing",
      async (sql) => {
        const look = (): Promise<readonly Record<string, unknown>[]> =>
          database.rows(
            `SELECT relfilenode, reltuples FROM pg_class WHERE oid = 'dagapp.item'::regclass`,
          );
        const before = await look();
        expect(await noticesOf(session("service"), sql)).toEqual(["01000"]);
        expect(await look()).toEqual(before);
      },
    );

    it.each([
      ["GRANT SELECT ON dagapp.item TO {outsider}", "01007"],
      ["GRANT ALL ON dagapp.item TO PUBLIC", "01007"],
      ["REVOKE INSERT ON dagapp.item FROM {service}", "01006"],
      ["REVOKE GRANT OPTION FOR SELECT ON dagapp.item FROM {service}", "01006"],
    ])("gets a warning from %s and leaves the list of privileges as it was", async (sql, code) => {
      const before = await aclOf("dagapp.item");
      expect(new Set(await noticesOf(session("service"), named(sql)))).toEqual(new Set([code]));
      expect(await aclOf("dagapp.item")).toEqual(before);
    });

    it("finds its limits in a new session", async () => {
      const client = await database.connect("service");
      const { rows } = await client.query<Record<string, string>>(
        `SELECT current_setting('lock_timeout') AS lock, current_setting('search_path') AS path,
                current_setting('idle_in_transaction_session_timeout') AS idle`,
      );
      await client.end();
      expect(rows).toEqual([{ lock: "5s", idle: "1min", path: "dagapp, geoapi, pgstac, public" }]);
    });
  });

  describe("a migrator that has not become the infrastructure role", () => {
    it.each([
      "SELECT * FROM dagapp.item",
      "SELECT dagapp.twice(2)",
      "CREATE TABLE dagapp.mine (id INTEGER)",
      "DROP TABLE dagapp.item",
      "CREATE TABLE public.mine (id INTEGER)",
      "SELECT * FROM public.schema_migrations",
      "SELECT * FROM public.schema_migration_events",
      "INSERT INTO public.schema_migration_events (kind) VALUES ('applied')",
      "LOCK TABLE public.schema_migration_lock IN SHARE ROW EXCLUSIVE MODE",
      "SET ROLE {admin}",
      "SET ROLE {service}",
      "GRANT {infra} TO {outsider}",
      "ALTER ROLE {migrator} CREATEROLE",
    ])("may not: %s", async (sql) => {
      expect(await attempt(session("migrator"), named(sql))).toBe(refused);
    });

    it("may become it", async () => {
      expect(await attempt(session("migrator"), named("SET ROLE {infra}"))).toBe(works);
    });
  });

  describe.each(["dagapp", "geoapi", "pgstac"])("the infrastructure role in %s", (schema) => {
    it.each([
      "CREATE TABLE $.mine (id INTEGER)",
      "ALTER TABLE $.item ADD COLUMN extra INTEGER",
      "CREATE INDEX i ON $.item (note)",
      "TRUNCATE $.item",
      "DROP TABLE $.item CASCADE",
      "DROP FUNCTION $.twice(NUMERIC)",
      "ALTER TYPE $.mood RENAME TO temper",
      "REFRESH MATERIALIZED VIEW $.item_count",
      "DROP SCHEMA $ CASCADE",
    ])("may: %s", async (sql) => {
      expect(await attempt(session("infrastructure"), sql.replaceAll("$", schema))).toBe(works);
    });
  });

  describe("the infrastructure role elsewhere", () => {
    it.each([
      "CREATE SCHEMA other",
      "CREATE EXTENSION pgcrypto",
      "CREATE ROLE mine",
      "ALTER ROLE {service} NOLOGIN",
      "ALTER ROLE {service} SET lock_timeout = 0",
      "DROP ROLE {service}",
      "GRANT {infra} TO {outsider}",
      "SET ROLE {admin}",
      "SET SESSION AUTHORIZATION {admin}",
      "ALTER DATABASE {database} OWNER TO {infra}",
      "GRANT CONNECT ON DATABASE {database} TO {outsider}",
      "ALTER SCHEMA public OWNER TO {infra}",
      "DROP TABLE public.schema_migration_lock",
      "SELECT * FROM public.schema_migration_lock",
      "SELECT nextval('public.schema_migration_events_id_seq')",
    ])("may not: %s", async (sql) => {
      expect(await attempt(session("infrastructure"), named(sql))).toBe(refused);
    });
  });
});
