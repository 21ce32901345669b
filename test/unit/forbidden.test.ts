// What no migration may hold, in any tier.
import { forbiddenKinds, forbiddenStatements } from "../../migrations/engine/forbidden";
import { loadParser } from "../../migrations/engine/statements";
import { makeMigration } from "../support/makeMigration";

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
];
const disguised: readonly (readonly [kind: string, sql: string])[] = [
  ["ALTER TABLE OWNER TO", "ALTER TABLE a.b OWNER TO x"],
  ["ALTER FUNCTION OWNER TO", "ALTER FUNCTION a.f(int) OWNER TO x"],
  ["ALTER SCHEMA OWNER TO", "ALTER SCHEMA a OWNER TO x"],
  ["SELECT", "SELECT set_config('role', 'x', false)"],
  ["CREATE FUNCTION", "CREATE FUNCTION a.f() RETURNS int LANGUAGE sql SET role = x AS 'SELECT 1'"],
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

  it("has a case for each kind of the table", () => {
    expect(new Set(forbidden.map(([kind]) => kind))).toEqual(new Set(Object.keys(forbiddenKinds)));
  });

  it.each([
    "SET LOCAL lock_timeout = '1s'",
    "RESET work_mem",
    "CREATE TABLE a.b (c int)",
    "SELECT set_config('work_mem', '1MB', true)",
    "DROP TABLE a.b",
  ])("lets pass: %s", (sql) => {
    expect(problemsOf(sql)).toEqual([]);
  });
});
