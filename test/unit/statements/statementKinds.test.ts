// What a statement is called, what it is about, and what it does to the ledger.
import {
  loadParser,
  splitSql,
  type Statement,
} from "../../../migrations/engine/statements/statements";

beforeAll(loadParser);

const only = (sql: string): Statement => {
  const statements = splitSql(sql);
  expect(statements).toHaveLength(1);
  return statements[0] as Statement;
};

describe("classification", () => {
  it.each([
    ["CREATE TABLE dagapp.jobs (a int)", "CREATE TABLE", "dagapp.jobs", true],
    ["CREATE TABLE dagapp.jobs AS SELECT 1", "CREATE TABLE AS", "dagapp.jobs", true],
    ["CREATE MATERIALIZED VIEW a.m AS SELECT 1", "CREATE MATERIALIZED VIEW", "a.m", true],
    ["CREATE INDEX i ON a.b (c)", "CREATE INDEX", "a.b", true],
    ["CREATE INDEX CONCURRENTLY i ON a.b (c)", "CREATE INDEX CONCURRENTLY", "a.b", false],
    ["DROP INDEX CONCURRENTLY a.i", "DROP INDEX CONCURRENTLY", "a.i", false],
    ["DROP INDEX a.i, b.j", "DROP INDEX", "a.i, b.j", true],
    ["REINDEX INDEX CONCURRENTLY a.i", "REINDEX INDEX CONCURRENTLY", "a.i", false],
    ["REINDEX TABLE a.b", "REINDEX TABLE", "a.b", true],
    ["REINDEX (CONCURRENTLY FALSE) TABLE a.b", "REINDEX TABLE", "a.b", true],
    ["REINDEX (CONCURRENTLY 0) TABLE a.b", "REINDEX TABLE", "a.b", true],
    ["REINDEX (CONCURRENTLY ON) TABLE a.b", "REINDEX TABLE CONCURRENTLY", "a.b", false],
    ["REINDEX SCHEMA a", "REINDEX SCHEMA", "a", false],
    ["ALTER TABLE a.b ADD COLUMN c int", "ALTER TABLE", "a.b", true],
    ["ALTER TABLE a.b OWNER TO x", "ALTER TABLE OWNER TO", "a.b", true],
    [
      "ALTER TABLE a.b DETACH PARTITION a.c CONCURRENTLY",
      "ALTER TABLE DETACH PARTITION CONCURRENTLY",
      "a.b",
      false,
    ],
    ["ALTER TABLE a.b DETACH PARTITION a.c", "ALTER TABLE", "a.b", true],
    ["ALTER TABLE a.b RENAME COLUMN c TO d", "ALTER TABLE RENAME COLUMN", "a.b", true],
    ["ALTER SCHEMA a RENAME TO b", "ALTER SCHEMA RENAME", "a", true],
    ["ALTER TYPE a.t ADD VALUE 'x'", "ALTER TYPE", "a.t", true],
    ["ALTER TYPE a.t SET (RECEIVE = a.f)", "ALTER TYPE", "a.t", true],
    [
      "CREATE EVENT TRIGGER t ON sql_drop EXECUTE FUNCTION a.f()",
      "CREATE EVENT TRIGGER",
      "t",
      true,
    ],
    ["ALTER EXTENSION a ADD TABLE b.c", "ALTER EXTENSION", "a", true],
    ["ALTER DATABASE a REFRESH COLLATION VERSION", "ALTER DATABASE", "a", true],
    ["CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p", "CREATE SUBSCRIPTION", "s", false],
    ["ALTER SUBSCRIPTION s REFRESH PUBLICATION", "ALTER SUBSCRIPTION", "s", false],
    ["DROP SUBSCRIPTION s", "DROP SUBSCRIPTION", "s", false],
    ["VACUUM a.b", "VACUUM", "a.b", false],
    ["ANALYZE a.b", "ANALYZE", "a.b", true],
    ["CLUSTER", "CLUSTER", null, false],
    ["ALTER SYSTEM SET a = 1", "ALTER SYSTEM", null, false],
    ["CREATE DATABASE x", "CREATE DATABASE", "x", false],
    ["DROP DATABASE x", "DROP DATABASE", "x", false],
    ["DISCARD ALL", "DISCARD ALL", null, false],
    ["DO $$ BEGIN END $$", "DO", null, true],
    ["COMMENT ON COLUMN a.b.c IS 'x'", "COMMENT", "a.b.c", true],
    ["DROP FUNCTION a.f(int)", "DROP FUNCTION", "a.f", true],
    ["DROP TYPE a.t", "DROP TYPE", "a.t", true],
    ["DROP TRIGGER t ON a.b", "DROP TRIGGER", "a.b.t", true],
    ["DROP SCHEMA a", "DROP SCHEMA", "a", true],
    ["TRUNCATE a.b, a.c", "TRUNCATE", "a.b, a.c", true],
    ["GRANT SELECT ON a.b TO c", "GRANT", "a.b", true],
    ["REVOKE a FROM b", "REVOKE ROLE", null, true],
    ["SET ROLE x", "SET ROLE", null, true],
    ["SET LOCAL lock_timeout = 1", "SET", "lock_timeout", true],
    ["RESET ALL", "RESET ALL", null, true],
    ["CALL a.p()", "CALL", "a.p", true],
    ["LISTEN x", "LISTEN", null, true],
    ["CREATE CAST (a AS b) WITHOUT FUNCTION", "CREATE CAST", null, true],
  ])("%s is %s on %s, transactional: %s", (sql, kind, target, transactional) => {
    expect(only(sql)).toMatchObject({ kind, target, transactional });
  });

  it.each([
    ["BEGIN", "begin", false],
    ["START TRANSACTION", "begin", false],
    ["COMMIT", "commit", false],
    ["END", "commit", false],
    ["ROLLBACK", "rollback", false],
    ["ABORT", "rollback", false],
    ["BEGIN ISOLATION LEVEL SERIALIZABLE", "begin", true],
    ["COMMIT AND CHAIN", "commit", true],
    ["SAVEPOINT a", null, true],
    ["ROLLBACK TO a", null, true],
    ["PREPARE TRANSACTION 'x'", null, true],
  ])("%s: transaction %s, unsupported %s", (sql, transaction, unsupportedTransaction) => {
    expect(only(sql)).toMatchObject({ transaction, unsupportedTransaction });
  });

  it("names the index that is built", () => {
    expect(only("CREATE INDEX CONCURRENTLY i ON a.b (c)").indexName).toBe("i");
    expect(only("CREATE INDEX ON a.b (c)").indexName).toBeNull();
  });

  it.each([
    ["SET ROLE x", true],
    ["SET LOCAL ROLE x", true],
    ["RESET SESSION AUTHORIZATION", true],
    ["SELECT set_config('role', 'x', false)", true],
    ["SELECT pg_catalog.set_config('ROLE', 'x', false) FROM a", true],
    ["SELECT set_config(name, 'x', false) FROM a", true],
    ["SELECT set_config('work_mem', '1MB', true)", false],
    ["UPDATE pg_settings SET setting = 'x' WHERE name = 'role'", true],
    ["CREATE FUNCTION f() RETURNS int LANGUAGE sql SET role = x AS 'SELECT 1'", true],
    ["CREATE TABLE a.role (reset int)", false],
  ])("%s changes the role: %s", (sql, expected) => {
    expect(only(sql).changesRole).toBe(expected);
  });
});

describe("ledger statements", () => {
  it.each([
    ["INSERT INTO schema_migrations (version, applied) VALUES ('1.0.0', false)", "start", "1.0.0"],
    [
      "INSERT INTO public.schema_migrations (description, version) VALUES ('x', '1.0.0'::varchar) ON CONFLICT (version) DO UPDATE SET applied = false",
      "start",
      "1.0.0",
    ],
    ["INSERT INTO schema_migrations (version) SELECT '1.0.0'", "start", "1.0.0"],
    ["INSERT INTO schema_migrations (version) VALUES (current_setting('x'))", "start", null],
    ["UPDATE schema_migrations SET applied = true WHERE version = '1.0.0'", "applied", "1.0.0"],
    ["UPDATE schema_migrations SET applied = 'true'::bool WHERE version = '1.0.0'", "other", null],
    [
      "UPDATE schema_migrations AS m SET applied = true WHERE m.version = '1.0.0' AND NOT applied",
      "applied",
      "1.0.0",
    ],
    ["UPDATE schema_migrations SET applied = true WHERE version LIKE '1%'", "applied", null],
    [
      "UPDATE schema_migrations SET applied = false, rolled_back_at = now() WHERE version = '1.0.0'",
      "rolled back",
      "1.0.0",
    ],
    ["INSERT INTO schema_migrations (version, applied) VALUES ('1.0.0', true)", "other", null],
    [
      "INSERT INTO schema_migrations (version, applied) VALUES ('1', false) ON CONFLICT (version) DO UPDATE SET applied = true",
      "other",
      null,
    ],
    ["INSERT INTO schema_migrations (version) VALUES ('1'), ('2')", "other", null],
    ["UPDATE schema_migrations SET version = '2' WHERE version = '1'", "other", null],
    ["UPDATE schema_migrations SET description = 'x' WHERE version = '1'", "other", null],
    ["DELETE FROM schema_migrations", "other", null],
    ["TRUNCATE a, public.schema_migrations", "other", null],
    ["DROP TABLE schema_migrations", "other", null],
    ["ALTER TABLE public.schema_migrations ADD COLUMN x int", "other", null],
    ["WITH x AS (DELETE FROM schema_migrations RETURNING 1) SELECT * FROM x", "other", null],
    ["INSERT INTO public.schema_migration_events (kind) VALUES ('applied')", "other", null],
    ["LOCK TABLE public.schema_migration_lock", "other", null],
    ['DROP TABLE U&"schema\\005fmigrations"', "other", null],
  ])("%s is %s of %s", (sql, operation, version) => {
    expect(only(sql).ledger).toEqual({ operation, version });
  });

  it.each([
    "SELECT * FROM schema_migrations",
    "INSERT INTO a.b SELECT version FROM schema_migrations",
    "UPDATE pgstac.schema_migrations SET applied = true",
    "SELECT 'schema_migrations'",
  ])("%s leaves the ledger alone", (sql) => {
    expect(only(sql).ledger).toBeNull();
  });
});
