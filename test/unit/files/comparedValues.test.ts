// Which constants the conditions of a migration's two files are about, by column.
import { comparedValues } from "../../../migrations/engine/files/comparedValues";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { makeMigration } from "../../support/files/makeMigration";

beforeAll(loadParser);

const valuesOf = (body: string, rollbackBody = ""): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(comparedValues(makeMigration({ body, rollbackBody })));

it.each<readonly [string, Readonly<Record<string, readonly string[]>>]>([
  ["UPDATE dagapp.t SET b = NULL WHERE a = 4711;", { a: ["4711"] }],
  [
    "DELETE FROM dagapp.t AS x WHERE x.\"A b\" = 'it''s' AND c::TEXT = $$d$$;",
    { "A b": ["it's"], c: ["d"] },
  ],
  ["DELETE FROM dagapp.t WHERE a IN (1, -2) AND b NOT IN ('x');", { a: ["1", "-2"], b: ["x"] }],
  [
    "ALTER TABLE dagapp.t ADD CHECK (a > 0 AND (b IN ('x'))) NOT VALID;\nDELETE FROM dagapp.t WHERE c = 3;",
    { c: ["3"] },
  ],
  [
    "CREATE INDEX CONCURRENTLY i ON dagapp.t (b) WHERE a = 'new';\nDELETE FROM dagapp.t WHERE c = 3;",
    { c: ["3"] },
  ],
  [
    "DELETE FROM dagapp.t WHERE a BETWEEN 10 AND 20 AND b >= 5;",
    { a: ["10", "20"], b: ["5", "6"] },
  ],
  [
    "DELETE FROM dagapp.t WHERE a LIKE 'prod-%' AND d = DATE '2026-01-01';",
    { a: ["prod-"], d: ["2026-01-01"] },
  ],
  [
    "DO $b$ BEGIN IF EXISTS (SELECT FROM dagapp.t WHERE a = 9) THEN DELETE FROM dagapp.t; END IF; END $b$;",
    { a: ["9"] },
  ],
  [
    "UPDATE dagapp.t SET b = 1 FROM (VALUES ('k1'), ('k2')) AS v (id) WHERE t.a = v.id;",
    { a: ["k1", "k2"] },
  ],
])("%s", (body, expected) => {
  expect(valuesOf(body)).toEqual(expected);
});

it("leaves out what the migration itself writes", () => {
  expect(
    valuesOf(
      "INSERT INTO dagapp.t (a) VALUES ('new') ON CONFLICT (a) DO NOTHING;\n" +
        "INSERT INTO dagapp.t (a) SELECT 'other' WHERE NOT EXISTS (SELECT FROM dagapp.t WHERE a = 'other');\n" +
        "UPDATE dagapp.t SET b = 'late' WHERE b = 'old';",
      "DELETE FROM dagapp.t WHERE a IN ('new', 'other');\nUPDATE dagapp.t SET b = 'old' WHERE b = 'late';",
    ),
  ).toEqual({ b: ["old"] });
});
