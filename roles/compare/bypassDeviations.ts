/**
 * Judges what lets a role do what its privileges do not: code that runs with another's rights, views that show the
 * ledger, and row security where nobody asked for it. Pure.
 * Does NOT read the catalog, or know what the code does.
 */
import type { AclContext, Bypass, Deviation } from "../model";
import { pgstacSecurityDefiners } from "../pgstacRules";
import { rowSecuredTables } from "../roleRules";
import type { Standings } from "./standing";

type Judge = (context: AclContext, who: Standings, one: Bypass) => Deviation | null;

/** Code of the admin, of superusers, of infrastructure and of PgSTAC is what was reviewed. */
const isReviewed = (who: Standings, owner: string): boolean =>
  ["trusted", "infrastructure", "pgstac admin"].includes(who.of(owner));

const judges: Readonly<Record<Bypass["kind"], Judge>> = {
  "security definer": (_, who, { identity, name, schema, owner }) => {
    const isListed =
      schema === "pgstac" &&
      who.of(owner) === "pgstac admin" &&
      pgstacSecurityDefiners.includes(name);
    if (isListed) return null;
    return {
      text: `function ${identity}: should not run with the rights of ${owner} (SECURITY DEFINER)`,
      statements: [`ALTER ROUTINE ${identity} SECURITY INVOKER`],
      power: owner,
    };
  },
  trigger: ({ quote }, who, { identity, name, owner }) =>
    isReviewed(who, owner)
      ? null
      : {
          text: `trigger ${name} on ${identity}: should not run code of ${owner}`,
          statements: [`ALTER TABLE ${identity} DISABLE TRIGGER ${quote(name)}`],
          locks: identity,
        },
  "event trigger": (_, who, { identity, owner }) =>
    isReviewed(who, owner)
      ? null
      : {
          text: `event trigger ${identity}: should not run code of ${owner} in every session`,
          statements: [`ALTER EVENT TRIGGER ${identity} DISABLE`],
        },
  rule: ({ quote }, _, { identity, name, owner }) => ({
    text: `rule ${name} on ${identity}: should not act with the rights of ${owner}`,
    statements: [`ALTER TABLE ${identity} DISABLE RULE ${quote(name)}`],
    locks: identity,
  }),
  "view of the ledger": (_, __, { identity, owner }) => ({
    text: `view ${identity}: should not show the program's tables with the rights of ${owner}`,
    statements: [`ALTER VIEW ${identity} SET (security_invoker = true)`],
    locks: identity,
  }),
  "materialized view of the ledger": (_, __, { identity }) => ({
    text: `materialized view ${identity}: should not keep rows of the program's tables`,
    statements: [`DROP MATERIALIZED VIEW ${identity}`],
    manual: "what depends on it would have to go too",
  }),
  "row security": (_, __, { identity, enabled, forced }) => {
    const isWanted = rowSecuredTables.includes(identity);
    if (enabled === isWanted && !forced) return null;
    const parts = [
      ...(enabled === isWanted ? [] : [isWanted ? "ENABLE" : "DISABLE"]),
      ...(forced ? ["NO FORCE"] : []),
    ];
    const wrong =
      enabled === isWanted
        ? "should not bind the owner too"
        : `should be ${isWanted ? "on" : "off"}`;
    return {
      text: `table ${identity}: row security ${wrong}`,
      statements: parts.map((part) => `ALTER TABLE ${identity} ${part} ROW LEVEL SECURITY`),
      locks: identity,
    };
  },
};

/** What of all this should not be, or should be otherwise. */
export function bypassDeviations(
  context: AclContext,
  who: Standings,
  bypasses: readonly Bypass[],
): readonly Deviation[] {
  return bypasses.flatMap((one) => judges[one.kind](context, who, one) ?? []);
}
