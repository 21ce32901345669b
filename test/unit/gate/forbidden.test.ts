// What no migration may hold, in any tier.
import {
  forbiddenKinds,
  forbiddenStatements,
} from "../../../migrations/engine/gate/rules/reach/forbidden";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { makeMigration } from "../../support/files/makeMigration";

beforeAll(loadParser);

const forbidden: readonly (readonly [kind: string, sql: string])[] = [
  ["SET ROLE", "SET ROLE x"],
  ["SET ROLE", "SET LOCAL ROLE x"],
  ["RESET ROLE", "RESET ROLE"],
  ["RESET ROLE", "SET ROLE TO DEFAULT"],
  ["SET SESSION AUTHORIZATION", "SET SESSION AUTHORIZATION x"],
  ["RESET SESSION AUTHORIZATION", "RESET SESSION AUTHORIZATION"],
  ["RESET ALL", "RESET ALL"],
  ["DISCARD ALL", "DISCARD ALL"],
  ["GRANT", "GRANT SELECT ON a.b TO c"],
  ["REVOKE", "REVOKE ALL ON SCHEMA a FROM c"],
  ["GRANT ROLE", "GRANT a TO b"],
  ["REVOKE ROLE", "REVOKE a FROM b"],
  ["CREATE ROLE", "CREATE USER x"],
  ["ALTER ROLE", "ALTER ROLE x SUPERUSER"],
  ["ALTER ROLE", "ALTER ROLE x SET search_path = a"],
  ["ALTER ROLE RENAME", "ALTER ROLE x RENAME TO y"],
  ["DROP ROLE", "DROP ROLE x"],
  ["ALTER DEFAULT PRIVILEGES", "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO x"],
  ["REASSIGN OWNED", "REASSIGN OWNED BY x TO y"],
  ["DROP OWNED", "DROP OWNED BY x"],
  ["CREATE SCHEMA", "CREATE SCHEMA a"],
  ["DROP SCHEMA", "DROP SCHEMA a CASCADE"],
  ["ALTER SCHEMA RENAME", "ALTER SCHEMA a RENAME TO b"],
  ["CREATE DATABASE", "CREATE DATABASE a"],
  ["ALTER DATABASE", "ALTER DATABASE a SET work_mem = '1MB'"],
  ["ALTER DATABASE RENAME", "ALTER DATABASE a RENAME TO b"],
  ["DROP DATABASE", "DROP DATABASE a"],
  ["CREATE EXTENSION", "CREATE EXTENSION a"],
  ["ALTER EXTENSION", "ALTER EXTENSION a UPDATE"],
  ["ALTER EXTENSION SET SCHEMA", "ALTER EXTENSION a SET SCHEMA b"],
  ["DROP EXTENSION", "DROP EXTENSION a"],
  ["ALTER SYSTEM", "ALTER SYSTEM SET a = 1"],
  ["CREATE TABLESPACE", "CREATE TABLESPACE a LOCATION '/x'"],
  ["DROP TABLESPACE", "DROP TABLESPACE a"],
  ["ALTER EVENT TRIGGER", "ALTER EVENT TRIGGER a DISABLE"],
  ["LOAD", "LOAD 'a'"],
  ["SECURITY LABEL", "SECURITY LABEL ON TABLE a.b IS 'x'"],
  ["IMPORT FOREIGN SCHEMA", "IMPORT FOREIGN SCHEMA a FROM SERVER b INTO c"],
  ["COPY FROM", "COPY a.b FROM PROGRAM 'x'"],
  ["COPY FROM", "COPY a.b FROM '/x'"],
  ["COPY TO", "COPY a.b TO '/x'"],
  ["COPY TO", "COPY (SELECT 1) TO STDOUT"],
];
/** The same where a block hides it. */
const inside: readonly (readonly [kind: string, sql: string])[] = [
  ["GRANT", "GRANT ALL ON a.b TO PUBLIC"],
  ["GRANT", "EXECUTE 'GRANT ALL ON a.b TO PUBLIC'"],
  ["GRANT", "IF false THEN GRANT ALL ON a.b TO PUBLIC; END IF"],
  ["CREATE ROLE", "CREATE ROLE x"],
  ["SET ROLE", "SET LOCAL ROLE x"],
  ["RESET ROLE", "RESET ROLE"],
  ["SELECT", "PERFORM set_config('role', 'x', false)"],
  ["CREATE SCHEMA", "CREATE SCHEMA x"],
  ["CREATE EXTENSION", "CREATE EXTENSION dblink"],
  ["ALTER DEFAULT PRIVILEGES", "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO x"],
  ["ALTER TABLE OWNER TO", "ALTER TABLE a.b OWNER TO x"],
  ["DROP OWNED", "DROP OWNED BY x"],
  ["COMMIT", "COMMIT"],
  ["ROLLBACK", "ROLLBACK"],
];
const disguised: readonly (readonly [kind: string, sql: string])[] = [
  ["ALTER TABLE OWNER TO", "ALTER TABLE a.b OWNER TO x"],
  ["ALTER FUNCTION OWNER TO", "ALTER FUNCTION a.f(int) OWNER TO x"],
  ["ALTER SCHEMA OWNER TO", "ALTER SCHEMA a OWNER TO x"],
  ["SELECT", "SELECT set_config('role', 'x', false)"],
  ["CREATE FUNCTION", "CREATE FUNCTION a.f() RETURNS int LANGUAGE sql SET role = x AS 'SELECT 1'"],
  ["CREATE FUNCTION", "CREATE FUNCTION a.f() RETURNS int LANGUAGE c AS 'x', 'y'"],
  ["CREATE FUNCTION", "CREATE FUNCTION a.f() RETURNS int LANGUAGE plpython3u AS 'x'"],
];
const problemsOf = (sql: string) =>
  forbiddenStatements(makeMigration({ body: `${sql};` }).segments);

describe("forbiddenStatements", () => {
  it.each([...forbidden, ...disguised])("refuses %s: %s", (kind, sql) => {
    const problems = problemsOf(sql);
    expect(problems).toMatchObject([
      { code: "FORBIDDEN_STATEMENT", file: "001_add_jobs.sql", line: 39 },
    ]);
    expect(problems[0]?.message.startsWith(kind)).toBe(true);
    expect(problems[0]?.hint.length).toBeGreaterThan(20);
  });

  it.each(inside)("refuses %s inside DO: %s", (kind, sql) => {
    const problems = problemsOf(`DO $$ BEGIN ${sql}; END $$`);
    expect(problems).toMatchObject([{ code: "FORBIDDEN_STATEMENT", line: 39 }]);
    expect(problems[0]?.message).toMatch(new RegExp(`^${kind}.* inside DO is not allowed`));
  });

  it("has a case for each kind of the table", () => {
    expect(new Set(forbidden.map(([kind]) => kind))).toEqual(new Set(Object.keys(forbiddenKinds)));
  });

  it.each([
    "SET LOCAL lock_timeout = '1s'",
    "RESET work_mem",
    "CREATE TABLE a.b (c int)",
    "SELECT set_config('work_mem', '1MB', true)",
    "DROP TABLE a.b",
    "DO $$ BEGIN PERFORM 1; EXECUTE 'SET LOCAL work_mem = 1'; END $$",
    "CREATE FUNCTION a.f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'",
  ])("lets pass: %s", (sql) => {
    expect(problemsOf(sql)).toEqual([]);
  });
});
