// An adoption that only looks gives and takes nothing; what taking over takes is said in the words of those it hits.
import { adoptionLines, takesAway } from "../../../roles/compare/adoption";
import type { Deviation } from "../../../roles/model";

const mended = (...statements: readonly string[]): Deviation => ({ text: "x", statements });

it.each([
  "GRANT SELECT ON TABLE dagapp.jobs TO service",
  "GRANT infra TO migrator",
  "ALTER DEFAULT PRIVILEGES FOR ROLE infra IN SCHEMA dagapp GRANT SELECT ON TABLES TO service",
])("takes nothing away: %s", (sql) => {
  expect(takesAway(mended(sql))).toBe(false);
});

it.each([
  "REVOKE TRUNCATE ON TABLE dagapp.jobs FROM app CASCADE",
  "ALTER TABLE dagapp.jobs OWNER TO infra",
  "ALTER ROLE app NOCREATEDB",
  "ALTER DEFAULT PRIVILEGES FOR ROLE infra REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
  "GRANT infra TO migrator WITH INHERIT FALSE",
  "DROP TRIGGER x ON dagapp.jobs",
])("takes something away: %s", (sql) => {
  expect(takesAway(mended(sql))).toBe(true);
});

it("takes something away where one of its statements does, or a person has to", () => {
  expect(takesAway(mended("GRANT SELECT ON TABLE t TO a", "REVOKE INSERT ON TABLE t FROM a"))).toBe(
    true,
  );
  expect(takesAway(mended())).toBe(true);
});

it("says what each role loses, those with open sessions first", () => {
  const loss = (role: string, what: string, on: string): Deviation => ({
    ...mended("x"),
    loses: { role, what, on },
  });
  const tables = ["a", "b", "c", "d", "e", "f"].map((name) => `table dagapp.${name}`);
  expect(
    adoptionLines(
      [
        ...tables.map((on) => loss("owner", "ownership", on)),
        loss("", "CONNECT", "database geo"),
        loss("app", "TRUNCATE", "table dagapp.a"),
        loss("app", "membership", "role owner"),
        mended("GRANT x TO y"),
      ],
      new Map([["app", 3]]),
    ),
  ).toEqual([
    "app loses: TRUNCATE on table dagapp.a; membership in role owner; 3 sessions of it are open",
    "owner loses: ownership of table dagapp.a, table dagapp.b, table dagapp.c, table dagapp.d and 2 more",
    "PUBLIC (every login) loses: CONNECT on database geo",
  ]);
});
