// Whole folders of migrations: each under invalid/ raises exactly the problem it is named after (what
// follows "--" tells variants apart), at the place in its expected.txt; those under valid/ raise none.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { loadMigrations } from "../../../migrations/engine/survey/load";

const fixtures = join(__dirname, "../../fixtures/migrations");
const foldersOf = (kind: string): readonly string[] => readdirSync(join(fixtures, kind)).sort();

describe("valid fixtures", () => {
  it.each(foldersOf("valid"))("%s", async (folder) => {
    const { migrations, problems } = await loadMigrations(join(fixtures, "valid", folder));
    expect(problems).toEqual([]);
    expect(migrations.length).toBeGreaterThan(0);
  });
});

describe("invalid fixtures", () => {
  it.each(foldersOf("invalid"))("%s", async (folder) => {
    const { problems } = await loadMigrations(join(fixtures, "invalid", folder));
    const [code] = folder.split("--");
    expect(problems.map((problem) => problem.code)).toEqual([code]);
    const place = problems.map(({ file, line }) => `${file}:${line ?? "-"}`).join();
    expect(place).toBe(
      readFileSync(join(fixtures, "invalid", folder, "expected.txt"), "utf8").trim(),
    );
    expect(problems[0]?.hint).not.toBe("");
  });
});
