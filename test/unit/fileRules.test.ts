// The rules about files: the examples on their pages break exactly the rule they stand for, or none.
import { checkFiles } from "../../migrations/engine/gate";
import type { Example } from "../../migrations/engine/gateRule";
import { gateRules } from "../../migrations/engine/gateRules";
import { loadParser } from "../../migrations/engine/statements";
import type { Tier } from "../../migrations/engine/tier";
import { exampleDay, exampleMigrations, exampleSchemas } from "../support/ruleExample";

beforeAll(loadParser);

const judge = (example: Example, tier: Tier) => {
  const files = exampleMigrations(example);
  return checkFiles(files, tier, {
    schemas: exampleSchemas,
    now: exampleDay,
    judged: [files.at(-1)?.fileName ?? ""],
  });
};
const paged = gateRules.flatMap((rule) =>
  rule.page === undefined ? [] : [{ ...rule, page: rule.page }],
);

describe("the example of what not to write", () => {
  it.each(paged)("breaks $id and nothing else", ({ id, page, severity }) => {
    const found = judge(page.bad, "prod");
    expect(new Set(found.map((one) => one.rule))).toEqual(new Set([id]));
    expect(found[0]?.severity).toBe(severity("prod"));
    expect(found[0]?.remedy).not.toBe("");
  });
});

describe("the example of what to write instead", () => {
  it.each(paged)("breaks nothing: $id", ({ page }) => {
    expect(judge(page.good, "prod")).toEqual([]);
  });
});
