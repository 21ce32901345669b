/**
 * Judges what lets a role do what its privileges do not: code that runs with another's rights, views that show the
 * ledger, row security where nobody asked for it, and ways to reach a table as somebody else. Pure.
 * Does NOT read the catalog, or know what the code does.
 */
import { addConstraint, addedConstraints, closeSearchPath } from "../../pgstac/hardening/hardening";
import type { AclContext, Bypass, Deviation } from "../model";
import { wordsOf } from "../objectKinds";
import { pgstacSecurityDefiners } from "../pgstacRules";
import { extensionSecurityDefiners, rowSecuredTables, trustedLanguages } from "../roleRules";
import type { RoleKinds } from "./roleKind";

type Judge = (context: AclContext, who: RoleKinds, one: Bypass) => Deviation | null;

/** Code of the admin, of superusers, of infrastructure and of PgSTAC is what was reviewed. */
const isReviewed = (who: RoleKinds, owner: string): boolean =>
  ["trusted", "infrastructure", "pgstac admin"].includes(who.of(owner));

/** What the platform keeps among the server's own. */
const isPlatforms = (who: RoleKinds, { schema, owner }: Bypass): boolean =>
  schema === "pg_catalog" && who.isPlatforms(owner);

const drops = (what: string): string => `it is dropped for good, and ${what}; a person decides`;

const judges: Readonly<Record<Bypass["kind"], Judge>> = {
  "security definer": (context, who, one) => {
    const { identity, name, schema, owner, detail: extension, enabled } = one;
    const isListed =
      schema === "pgstac" &&
      who.of(owner) === "pgstac admin" &&
      // By signature, where the version is known: an overload is somebody else's.
      (context.pgstac?.definers.includes(identity) ?? pgstacSecurityDefiners.includes(name));
    const isExtensions =
      extension !== null &&
      (!enabled || (extensionSecurityDefiners[extension] ?? []).includes(name));
    const isDatasets = who.of(owner) === "infrastructure" && context.definers.includes(identity);
    if (isListed || isDatasets || isExtensions || isPlatforms(who, one)) return null;
    return {
      text: `function ${identity}: should not run with the rights of ${owner} (SECURITY DEFINER)`,
      statements: [`ALTER ROUTINE ${identity} SECURITY INVOKER`],
      power: owner,
    };
  },
  // Temporary tables of whoever calls it would stand for those that it means.
  "open search path": (_, who, { identity, owner }) =>
    who.of(owner) !== "pgstac admin"
      ? null
      : {
          text: `function ${identity}: should search pg_temp last, and not before the tables that it means`,
          statements: [closeSearchPath(identity)],
          power: owner,
        },
  "missing constraint": ({ pgstac }, _, { identity, name, owner }) => {
    const wanted = addedConstraints.find((one) => one.name === name);
    if (pgstac === null || wanted === undefined) return null;
    return {
      text: `table ${identity}: should have the constraint ${name}: ${wanted.because}`,
      statements: addConstraint(wanted),
      power: owner,
      locks: identity,
    };
  },
  leakproof: (_, who, { identity, owner }) =>
    who.isSuperuser(owner)
      ? null
      : {
          text: `function ${identity}: should not be LEAKPROOF, which row security trusts`,
          statements: [`ALTER FUNCTION ${identity} NOT LEAKPROOF`],
          power: owner,
        },
  "untrusted language": (_, who, one) =>
    isPlatforms(who, one)
      ? null
      : {
          text: `function ${one.identity}: should not be in the language ${one.detail ?? ""}, which acts as the server itself`,
          statements: [`DROP ROUTINE ${one.identity}`],
          manual: drops("what depends on it would have to go first"),
        },
  "extension member": ({ quote }, _, { identity, name, owner, detail }) => ({
    text: `${detail ?? ""} ${identity}: should not belong to the extension ${name}, whose script did not make it`,
    statements: [`ALTER EXTENSION ${quote(name)} DROP ${wordsOf(detail ?? "")} ${identity}`],
    power: owner,
    first: true,
  }),
  language: (_, __, { identity, name }) =>
    trustedLanguages.includes(name)
      ? null
      : {
          text: `language ${identity}: should not be trusted: who writes in it acts as the server itself`,
          statements: [
            `UPDATE pg_catalog.pg_language SET lanpltrusted = false WHERE lanname = '${name.replaceAll("'", "''")}'`,
          ],
        },
  "child of the ledger": (_, __, { identity, name, owner }) => ({
    text: `table ${identity}: should not inherit from ${name}: its rows are read with those`,
    statements: [`ALTER TABLE ${identity} NO INHERIT ${name}`],
    power: owner,
    locks: identity,
  }),
  "parent of the ledger": (_, __, { identity, name, detail }) => ({
    text: `table ${identity}: should not have ${name} as its child, whose rows are read and written through it`,
    statements: [
      detail === "partition"
        ? `ALTER TABLE ${identity} DETACH PARTITION ${name}`
        : `ALTER TABLE ${name} NO INHERIT ${identity}`,
    ],
    locks: name,
  }),
  "foreign table of files": (_, __, { identity }) => ({
    text: `foreign table ${identity}: should not read files of the server`,
    statements: [`DROP FOREIGN TABLE ${identity}`],
    manual: drops("what depends on it would have to go first"),
  }),
  "foreign table of the ledger": (_, __, { identity, name }) => ({
    text: `foreign table ${identity}: should not reach the program's tables as somebody else, through the server ${name}`,
    statements: [`DROP FOREIGN TABLE ${identity}`],
    manual: drops("what depends on it would have to go first"),
  }),
  "user mapping": ({ quote }, who, { identity, name, enabled }) => {
    if (enabled && who.of(name) === "trusted") return null;
    const [whose, target] = enabled ? [name, quote(name)] : ["PUBLIC", "PUBLIC"];
    return {
      text: `server ${identity}: ${whose} should not reach this database through it as somebody else (user mapping)`,
      statements: [`DROP USER MAPPING FOR ${target} SERVER ${identity}`],
      manual: drops("the password in it is nowhere else"),
    };
  },
  template: (_, __, { identity, owner }) => ({
    text: `database ${identity}: should not be a template, which whoever may make a database may copy`,
    statements: [`ALTER DATABASE ${identity} IS_TEMPLATE false`],
    power: owner,
  }),
  subscription: (_, who, { identity, owner, enabled }) =>
    !enabled || who.of(owner) === "trusted"
      ? null
      : {
          text: `subscription ${identity}: should not write rows with the rights of ${owner}`,
          statements: [`ALTER SUBSCRIPTION ${identity} DISABLE`],
          power: owner,
        },
  trigger: ({ quote }, who, { identity, name, owner, place, enabled }) => {
    if (place !== "elsewhere") {
      return {
        text: `trigger ${name} on ${identity}: should not be on a table of the program`,
        statements: [`DROP TRIGGER ${quote(name)} ON ${identity}`],
        locks: identity,
      };
    }
    if (!enabled || isReviewed(who, owner)) return null;
    return {
      text: `trigger ${name} on ${identity}: should not run code of ${owner}`,
      statements: [`ALTER TABLE ${identity} DISABLE TRIGGER ${quote(name)}`],
      locks: identity,
    };
  },
  "event trigger": (_, who, { identity, owner }) =>
    isReviewed(who, owner)
      ? null
      : {
          text: `event trigger ${identity}: should not run code of ${owner} in every session`,
          statements: [`ALTER EVENT TRIGGER ${identity} DISABLE`],
        },
  rule: ({ quote }, _, { identity, name, owner, place, detail }) => ({
    text: `rule ${name} on ${identity}: should not act with the rights of ${owner}`,
    statements: [
      place === "governed" && detail !== "view"
        ? `ALTER TABLE ${identity} DISABLE RULE ${quote(name)}`
        : `DROP RULE ${quote(name)} ON ${identity}`,
    ],
    locks: identity,
    // A view's rule cannot be switched off.
    ...(detail === "view" ? { manual: drops("whoever writes through the view needs it") } : {}),
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
  who: RoleKinds,
  bypasses: readonly Bypass[],
): readonly Deviation[] {
  return bypasses.flatMap((one) => judges[one.kind](context, who, one) ?? []);
}

/** Kinds by which whoever gets at the thing gets more than the thing. */
const handsOver: ReadonlySet<Bypass["kind"]> = new Set([
  "security definer",
  "open search path",
  "untrusted language",
  "view of the ledger",
  "materialized view of the ledger",
  "parent of the ledger",
  "foreign table of files",
  "foreign table of the ledger",
]);

/**
 * Identities of what would hand over more than it should: nothing is given on these, whatever the rules say, until they
 * are made safe.
 */
export function unsafeObjects(
  context: AclContext,
  who: RoleKinds,
  bypasses: readonly Bypass[],
): ReadonlySet<string> {
  return new Set(
    bypasses
      .filter(({ kind }) => handsOver.has(kind))
      .filter((one) => judges[one.kind](context, who, one) !== null)
      .map(({ identity }) => identity),
  );
}
