/**
 * What a check remembers changes no answer: whatever happens to files or to what is kept, the findings are those of a check
 * that knows nothing. And it is used: of the same files nothing is judged again.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { CheckedBefore, compiledSources } from "../../../cli/stack/checkedBefore";
import { parseCollection } from "../../../migrations/engine/files/collection";
import { parseRepeatables, type RepeatableFile } from "../../../migrations/engine/files/repeatable";
import { checkFiles } from "../../../migrations/engine/gate/fileCheck";
import type { Violation } from "../../../migrations/engine/gate/input/gateRule";
import { loadParser } from "../../../migrations/engine/statements/statements";
import type { Tier } from "../../../stack/tier";
import { formalities } from "../../support/files/formalities";
import { forwardText, rollbackText } from "../../support/files/makeMigration";

const sources = "a".repeat(32);
let place: string;
/** Names of the files that were judged since it was emptied, for each time that any were. */
let asked: (readonly string[])[] = [];

beforeAll(() => loadParser());
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "checked-"));
});
afterEach(() => {
  rmSync(place, { recursive: true, force: true });
});

type Bodies = readonly (readonly [body: string, rollback: string])[];

/** Some good, some with findings in the file or its rollback, one that depends on the file before. */
const bodies: Bodies = [
  ["CREATE TABLE dagapp.a (id INTEGER PRIMARY KEY);", "DROP TABLE IF EXISTS dagapp.a;"],
  [
    "ALTER TABLE dagapp.a ADD COLUMN b VARCHAR(10);",
    "ALTER TABLE dagapp.a DROP COLUMN IF EXISTS b;",
  ],
  ["ALTER TABLE dagapp.a DROP COLUMN b;", "TRUNCATE dagapp.a;"],
  ["CREATE TABLE dagapp.c (id INTEGER PRIMARY KEY);", "DROP TABLE IF EXISTS dagapp.c, dagapp.a;"],
];

const filesOf = (all: Bodies): readonly { name: string; bytes: Buffer }[] =>
  all.flatMap(([body, rollbackBody], index) => {
    const name = `00${index + 1}_change`;
    const parts = {
      ...formalities(["a"], index === 0 ? undefined : `0.${index}.0`),
      ...{ name, version: `0.${index + 1}.0`, body: `BEGIN;\n${body}\nCOMMIT;`, rollbackBody },
    };
    return [
      { name: `${name}.sql`, bytes: Buffer.from(forwardText(parts)) },
      { name: `${name}_rollback.sql`, bytes: Buffer.from(rollbackText(parts)) },
    ];
  });

interface Scope {
  readonly tier?: Tier;
  readonly schemas?: readonly string[];
  readonly now?: Date;
  readonly judged?: readonly string[];
  readonly repeatables?: readonly RepeatableFile[];
}

function check(
  known: string | null,
  all: Bodies,
  {
    tier = "prod",
    schemas = ["dagapp"],
    now = new Date("2026-03-01T10:00:00Z"),
    judged,
    repeatables = [],
  }: Scope = {},
): readonly Violation[] {
  const memory = new CheckedBefore("/folder", known, place, (files, by, some) => {
    if (known !== null) asked.push(some.judged ?? files.map(({ fileName }) => fileName));
    return checkFiles(files, by, some);
  });
  const { migrations, problems } = parseCollection(filesOf(all), memory.parse);
  expect(problems).toEqual([]);
  const scope = { schemas, now, repeatables, ...(judged === undefined ? {} : { judged }) };
  const found = memory.judge(migrations, tier, scope);
  memory.save();
  return found;
}

const names = (...numbers: readonly number[]): readonly string[] =>
  numbers.map((number) => `00${number}_change.sql`);

const changed = (index: number, body: string): Bodies =>
  bodies.map((one, at) => (at === index ? [body, one[1]] : one));

it("finds the same again, and judges nothing for it", () => {
  const fresh = check(null, bodies);
  expect(new Set(fresh.map(({ file }) => file)).size).toBeGreaterThan(2);
  asked = [];
  expect(check(sources, bodies)).toEqual(fresh);
  expect(check(sources, bodies)).toEqual(fresh);
  expect(asked).toEqual([names(1, 2, 3, 4)]);
  // All were written down as they were parsed, too, and are there for whoever comes behind them.
  const parsed = readdirSync(place).filter((name) => name.endsWith("-parsed"));
  const texts = parsed.map((name) => readFileSync(join(place, name), "utf8"));
  expect(texts.join("").trimEnd().split("\n")).toHaveLength(bodies.length);
});

it.each<[string, Bodies, Scope, readonly string[]]>([
  ["the last file", changed(3, "CREATE TABLE dagapp.d (id INTEGER);"), {}, names(4)],
  ["a file in between, and all behind it", changed(1, "SELECT 1;"), {}, names(2, 3, 4)],
  ["a new file", [...bodies, ["TRUNCATE dagapp.a;", "SELECT 1;"]], {}, names(5)],
  ["all for another tier", bodies, { tier: "dev" }, names(1, 2, 3, 4)],
  ["all for other schemas", bodies, { schemas: ["geoapi"] }, names(1, 2, 3, 4)],
  ["all on another day", bodies, { now: new Date("2025-03-02") }, names(1, 2, 3, 4)],
])("judges again what may be judged otherwise: %s", (_, all, scope, expected) => {
  check(sources, bodies);
  const fresh = check(null, all, scope);
  asked = [];
  expect(check(sources, all, scope)).toEqual(fresh);
  expect(asked).toEqual([expected]);
});

it("judges the files that are named, and keeps what is known of the others", () => {
  check(sources, bodies);
  asked = [];
  const all = changed(3, "CREATE TABLE dagapp.d (id INTEGER);");
  const judged = names(3, 4);
  expect(check(sources, all, { judged })).toEqual(check(null, all, { judged }));
  expect(asked[0]).toEqual(names(4));
  check(sources, all);
  expect(asked).toHaveLength(1);
});

it("judges everything each time where repeatable files are there: they are held to the last of all files", () => {
  const view = (columns: string): string => `CREATE OR REPLACE VIEW dagapp.v AS SELECT ${columns};`;
  const all: Bodies = [...bodies, [view("1 AS one"), "DROP VIEW IF EXISTS dagapp.v;"]];
  const repeatable = (columns: string): readonly RepeatableFile[] =>
    parseRepeatables([{ name: "v.sql", bytes: Buffer.from(view(columns)) }]).repeatables;
  const differs = (repeatables: readonly RepeatableFile[]): boolean =>
    check(sources, all, { repeatables }).some(({ rule }) => rule === "repeatable-differs");
  // What is known of the same files without them is not taken for an answer, and none of these is kept.
  check(sources, all);
  asked = [];
  expect(differs(repeatable("1 AS one"))).toBe(false);
  expect(differs(repeatable("2 AS one"))).toBe(true);
  expect(differs(repeatable("1 AS one"))).toBe(false);
  expect(asked).toEqual([names(1, 2, 3, 4, 5), names(1, 2, 3, 4, 5), names(1, 2, 3, 4, 5)]);
  check(sources, all);
  expect(asked).toHaveLength(3);
});

it.each<[string, (text: string) => string]>([
  ["cut off", (text) => text.slice(0, text.length / 2)],
  ["empty", () => ""],
  ["something else", () => "no key and no JSON\n"],
  ["of lines that are no JSON", (text) => text.replace(/ .*/g, " {")],
])("does without what is kept where that is %s", (_, spoil) => {
  const fresh = check(sources, bodies);
  for (const name of readdirSync(place)) {
    writeFileSync(join(place, name), spoil(readFileSync(join(place, name), "utf8")));
  }
  expect(check(sources, bodies)).toEqual(fresh);
  const last = changed(3, "CREATE TABLE dagapp.d (id INTEGER);");
  expect(check(sources, last)).toEqual(check(null, last));
});

it("takes nothing from other sources, and removes what they have left", () => {
  check(sources, bodies);
  asked = [];
  check("b".repeat(32), bodies);
  expect(asked).toEqual([names(1, 2, 3, 4)]);
  expect(readdirSync(place).filter((name) => name.includes(sources))).toEqual([]);
});

it("knows its sources where it was compiled of them, and nowhere else", () => {
  expect(compiledSources(`/project/.build/compiled/ddl-${sources}.cjs`)).toBe(sources);
  expect(compiledSources("/project/cli/stack/checkedBefore.ts")).toBeNull();
});
