// The stamp: whether a database belongs to the configured tier.
import { ensureStamp, StampError } from "../../../migrations/engine/history/stamp";
import { type Tier, tiers } from "../../../stack/tier";

interface StampFacts {
  readonly stamp?: Tier;
  readonly empty?: boolean;
  readonly tier?: Tier;
  readonly adopt?: Tier;
}

const check =
  ({ stamp, empty = false, tier = "prod", adopt }: StampFacts) =>
  () => {
    const settings = { tier, server: { database: "geo" } };
    ensureStamp(settings, stamp ?? null, { empty, adopt: adopt ?? null });
  };

describe("ensureStamp", () => {
  it.each(tiers)("accepts a database that is stamped %s for that tier", (tier) => {
    expect(check({ stamp: tier, tier })).not.toThrow();
  });

  it.each(
    tiers.flatMap((stamp) =>
      tiers.filter((tier) => tier !== stamp).map((tier) => ({ stamp, tier })),
    ),
  )("refuses a database stamped $stamp for $tier, empty or adopted or not", ({ stamp, tier }) => {
    for (const more of [{}, { empty: true }, { adopt: tier }]) {
      expect(check({ stamp, tier, ...more })).toThrow(StampError);
    }
    expect(check({ stamp, tier })).toThrow(
      `The database geo is stamped ${stamp}, but this stack's tier is ${tier}. Nothing was changed.`,
    );
  });

  it("accepts an empty database without a stamp", () => {
    expect(check({ empty: true })).not.toThrow();
  });

  it("asks before it takes a database with objects, and says how to answer", () => {
    expect(check({})).toThrow(/holds objects and no stamp[^]*pulumi config set adopt prod/);
    expect(check({ adopt: "prod" })).not.toThrow();
    expect(check({ adopt: "qa" })).toThrow(/adopt says qa, but this stack's tier is prod/);
  });
});
