// The rules about a run: the examples on their pages break exactly the rule they stand for, or none.
import { loadParser } from "../../../migrations/engine/statements/statements";
import { type Tier, tiers } from "../../../stack/tier";
import { judgeSituation } from "../../support/files/judgeSituation";
import { runRulePages } from "../../support/files/rulePages";

beforeAll(loadParser);

/** Rules that speak too where another is broken, by their nature. */
const companions: Readonly<Record<string, string>> = {
  "ticket-required": "idle-ticket",
  "break-glass-by-author": "break-glass-open",
  "rollback-not-reviewed": "edited-rollback-file",
  "unannounced-effect-unnamed": "exception-unused",
};

describe("an ordinary situation", () => {
  it.each(tiers)("breaks no rule of %s", (tier) => {
    expect(judgeSituation({}, tier)).toEqual([]);
  });
});

describe.each(runRulePages)("$id", ({ id, page, severity }) => {
  it.each(tiers)(
    "is broken by its first example as the tier weighs it, alone: %s",
    (tier: Tier) => {
      const found = judgeSituation(page.bad, tier).filter(({ rule }) => rule !== companions[id]);
      const weight = severity(tier);
      expect(found.map((one) => [one.rule, one.severity])).toEqual(
        weight === null ? [] : [[id, weight]],
      );
    },
  );

  it.each(tiers)("is not broken by its second example: %s", (tier) => {
    expect(judgeSituation(page.good, tier).map(({ rule }) => rule)).not.toContain(id);
  });
});
