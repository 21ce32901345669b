// The tiers and what they demand.
import { UnknownTierError } from "../../../stack/errors";
import { parseTier, tierRules, tiers } from "../../../stack/tier";

describe("parseTier", () => {
  it.each(tiers)("accepts %s", (tier) => {
    expect(parseTier(tier)).toBe(tier);
  });

  it.each(["", "Prod", "production", " dev", "staging", "constructor"])(
    "refuses %j and lists the allowed ones",
    (text) => {
      expect(() => parseTier(text)).toThrow(UnknownTierError);
      expect(() => parseTier(text)).toThrow("dev, qa, uat, prod");
    },
  );
});

describe("tierRules", () => {
  it.each(tiers)("%s may be rebuilt exactly when it is not controlled", (tier) => {
    const controlled = tier === "uat" || tier === "prod";
    const { requiresRollback, rebuild, lowerTier, dropDelayDays, ...demands } = tierRules[tier];
    const { requiresValidation, provesRollbacks, samplesOwnRows, ...rest } = demands;
    const { longestLockTimeoutMs, longestStatementTimeoutMs, ...others } = rest;
    expect(rebuild).toBe(!controlled);
    expect(new Set(Object.values(others))).toEqual(new Set([controlled]));
    expect(samplesOwnRows).toBe(!controlled);
    expect(requiresValidation).toBe(tier === "prod");
    expect(lowerTier).toBe(tiers[tiers.indexOf(tier) - 1] ?? null);
    expect(longestLockTimeoutMs).toBe(controlled ? 10_000 : 60_000);
    expect(longestStatementTimeoutMs).toBe((controlled ? 4 : 24) * 3_600_000);
    expect(dropDelayDays).toBe(controlled ? 7 : 0);
    expect(provesRollbacks).toBe(controlled ? null : tier === "dev" ? "warning" : "error");
    expect(requiresRollback).toBe(tier === "dev" ? "warning" : "error");
  });
});
