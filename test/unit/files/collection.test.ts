// A folder as a whole: all problems of all files in one answer.
import fc from "fast-check";

import { parseCollection } from "../../../migrations/engine/files/collection";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { forwardText, type MigrationParts, rollbackText } from "../../support/files/makeMigration";

beforeAll(loadParser);

const pair = (parts: MigrationParts & { readonly name: string }) => [
  { name: `${parts.name}.sql`, bytes: Buffer.from(forwardText(parts)) },
  { name: `${parts.name}_rollback.sql`, bytes: Buffer.from(rollbackText(parts)) },
];

const first = pair({ name: "001_one", version: "1.0.0" });
const second = pair({ name: "002_two", version: "1.1.0" });
const tenth = pair({ name: "1000_ten", version: "1.10.0" });

describe("parseCollection", () => {
  it("orders by number and pairs the rollback files, whatever the order of the input", () => {
    const files = [...first, ...second, ...tenth, { name: "README.md", bytes: Buffer.from("\0") }];
    fc.assert(
      fc.property(fc.shuffledSubarray(files, { minLength: files.length }), (shuffled) => {
        const { migrations, problems } = parseCollection(shuffled);
        expect(problems).toEqual([]);
        expect(migrations.map((one) => [one.number, one.rollback?.fileName])).toEqual([
          [1, "001_one_rollback.sql"],
          [2, "002_two_rollback.sql"],
          [1000, "1000_ten_rollback.sql"],
        ]);
      }),
      { numRuns: 20 },
    );
  });

  it("reports the problems of all files at once, sorted", () => {
    const { problems } = parseCollection([
      { name: "005_bad.sql", bytes: Buffer.from("SELEC 1") },
      { name: "notes.sql", bytes: Buffer.from("") },
      { name: "003_x_rollback.sql", bytes: Buffer.from("") },
      ...first,
    ]);
    expect(problems.map(({ file, code }) => `${file} ${code}`)).toEqual([
      "003_x_rollback.sql ORPHAN_ROLLBACK",
      "005_bad.sql HEADER_MISSING",
      "005_bad.sql SYNTAX_ERROR",
      "notes.sql WRONG_NAME",
    ]);
  });

  it("ignores what editors and file managers leave beside the files", () => {
    const hidden = ["._001_one.sql", ".#002_two.sql", ".003_three_rollback.sql"].map((name) => ({
      ...{ name, bytes: Buffer.from("\0") },
    }));
    const { migrations, problems } = parseCollection([...first, ...hidden]);
    expect(problems).toEqual([]);
    expect(migrations.map(({ name }) => name)).toEqual(["001_one"]);
  });

  it("compares versions as versions, not as text", () => {
    const nine = pair({ name: "001_nine", version: "1.9.0" });
    const ten = pair({ name: "002_ten", version: "1.10.0" });
    expect(parseCollection([...nine, ...ten]).problems).toEqual([]);
  });

  it("is empty for an empty folder", () => {
    expect(parseCollection([])).toEqual({ migrations: [], problems: [] });
  });
});
