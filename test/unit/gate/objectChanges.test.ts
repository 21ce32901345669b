// What an operation changes of objects, where no rule of files can show it: other rules refuse such statements outright.
import { changesOf } from "../../../migrations/engine/gate/input/objectChanges";
import { loadParser, splitSql } from "../../../migrations/engine/statements/statements";

beforeAll(loadParser);

const changes = (sql: string): ReturnType<typeof changesOf> =>
  splitSql(sql).flatMap(({ operations }) => operations.flatMap(changesOf));

it.each([
  ["ALTER TABLE a.t OWNER TO x", "owner of relation a.t", ["relation a.t"]],
  ["ALTER VIEW a.t OWNER TO x", "owner of relation a.t", ["relation a.t"]],
  ["ALTER DOMAIN a.d OWNER TO x", "owner of type a.d", ["type a.d"]],
  ["ALTER PUBLICATION p OWNER TO x", "owner of publication p", ["publication p"]],
  ["ALTER FOREIGN TABLE a.t OPTIONS (SET c 'd')", "foreign options of relation a.t", undefined],
  [
    "ALTER FOREIGN TABLE a.t ALTER COLUMN b OPTIONS (SET c 'd')",
    "foreign options of column a.t.b",
    undefined,
  ],
])("%s", (sql, key, within) => {
  expect(changes(sql)).toEqual([
    { sign: "~", key, name: null, within: within ?? (expect.any(Array) as unknown) },
  ]);
});

it("names a domain's constraint as PostgreSQL does, so that DROP finds it", () => {
  const [made] = changes("ALTER DOMAIN a.d ADD CHECK (VALUE > 0)");
  const [dropped] = changes("ALTER DOMAIN a.d DROP CONSTRAINT d_check");
  expect(made).toMatchObject({ sign: "+", name: "d_check", within: ["type a.d"] });
  expect(dropped).toMatchObject({ sign: "-", key: made?.key });
});

it("sees two tables of a publication as more than what the drop of one takes along", () => {
  expect(changes("ALTER PUBLICATION p ADD TABLE a.t, a.u")).toEqual([
    { sign: "~", key: "publication p", name: null, within: [] },
  ]);
});
