/**
 * What a rule of the estate looks at: resources as the engine is about to register them, and their tier. Pure.
 * Does NOT take anything from azure/: rules that read the table which they watch would follow its mistakes.
 */
import { strictestTier, type Tier, tierRules, tiers } from "../stack/tier";

/** One resource, with its properties in clear: so no message ever holds one that may be secret. */
export interface EstateResource {
  readonly type: string;
  readonly name: string;
  readonly props: Readonly<Record<string, unknown>>;
  readonly protect: boolean;
}

export interface Estate {
  readonly tier: Tier;
  readonly resources: readonly EstateResource[];
}

export interface EstateRule {
  readonly name: string;
  /** What it demands, in one sentence. */
  readonly description: string;
  /** Every violation, one sentence each. */
  readonly judge: (estate: Estate) => readonly string[];
}

/** Whether what the tier has is protected from destroy. */
export const isGuarded = ({ tier }: Estate): boolean => tierRules[tier].protect;

/** Resources of a type, by the end of its token. */
export const ofType = ({ resources }: Estate, type: string): readonly EstateResource[] =>
  resources.filter((resource) => resource.type.endsWith(`:${type}`));

/** Servers are judged one by one; an estate without one has nothing to be judged. */
export const servers = (estate: Estate): readonly EstateResource[] =>
  ofType(estate, "dbforpostgresql:Server");

/**
 * A value inside of properties: `at(props, "authConfig.passwordAuth")`. Only what is asked for is touched: in a preview
 * the engine's values that are not known yet throw as soon as they are.
 */
export function at(props: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    return (value as Readonly<Record<string, unknown>>)[key];
  }, props);
}

/** The tier that ledger and server say; where they differ, or say none, the strictest. */
export function tierOf(resources: readonly EstateResource[]): Tier {
  const said = resources.flatMap(({ type, props }) => {
    if (type.endsWith("ddl:Ledger")) return [at(props, "tier")];
    return type.endsWith("dbforpostgresql:Server") ? [at(props, "tags.tier")] : [];
  });
  const known = said.map((word) => tiers.findIndex((tier) => tier === word));
  const last = tiers.length - 1;
  return tiers[Math.max(...known.map((place) => (place < 0 ? last : place)))] ?? strictestTier;
}
