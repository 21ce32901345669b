// The rules about files: the examples on their pages break exactly the rule they stand for, or none.
import { join } from "node:path";

import { checkFiles } from "../../../migrations/engine/gate/fileCheck";
import { loadParser } from "../../../migrations/engine/statements/statements";
import { loadMigrations } from "../../../migrations/engine/survey/load";
import { type Tier, tiers } from "../../../stack/tier";
import { judgeExample } from "../../support/files/judgeExample";
import { exampleSchemas } from "../../support/files/ruleExample";
import { fileRulePages as paged } from "../../support/files/rulePages";

beforeAll(loadParser);

/** An exception that is not backed lifts nothing: its rule speaks too. */
const companions: Readonly<Record<string, string>> = {
  "exception-unbacked": "ban-drop-column",
};

describe("the example of what not to write", () => {
  it.each(paged)("breaks $id and nothing else", ({ id, page, severity }) => {
    const found = judgeExample(page.bad, "prod").filter(({ rule }) => rule !== companions[id]);
    expect(new Set(found.map((one) => one.rule))).toEqual(new Set([id]));
    expect(found[0]?.severity).toBe(severity("prod"));
    expect(found[0]?.file).toMatch(/(_example(_rollback)?|^repeatable\/\w+)\.sql$/);
    expect(found[0]?.remedy.length).toBeGreaterThan(10);
  });

  it.each(tiers)("weighs as much as the rule says in %s", (tier: Tier) => {
    const weights = paged.map(({ id, page }) => ({
      id,
      severity: judgeExample(page.bad, tier).find(({ rule }) => rule === id)?.severity ?? null,
    }));
    // Only how long a table must be marked differs: here it is not marked at all.
    expect(weights).toEqual(paged.map(({ id, severity }) => ({ id, severity: severity(tier) })));
  });
});

describe("the migrations of this repository", () => {
  it.each(tiers)("break no rule of %s", async (tier) => {
    const { migrations } = await loadMigrations(join(__dirname, "../../../migrations"));
    expect(migrations.length).toBeGreaterThan(2);
    const options = { schemas: exampleSchemas, now: new Date("2026-11-01T00:00:00Z") };
    const found = checkFiles(migrations, tier, options);
    expect(found.filter(({ excepted }) => excepted === undefined)).toEqual([]);
  });
});

describe("the example of what to write instead", () => {
  it.each(paged)("breaks nothing: $id", ({ page }) => {
    expect(judgeExample(page.good, "prod")).toEqual([]);
  });
});
