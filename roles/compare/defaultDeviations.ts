/**
 * Compares default privileges, of every creator there is, with what new objects should be born with. Pure.
 * Does NOT look at objects that exist (acl.ts).
 */
import type { AclContext, Catalog, DefaultPrivileges, Deviation } from "../model";
import { defaultPrivilegeKinds } from "../privileges";
import { compare, type Expected, expectedOn, heldIn, publicKey } from "./expected";
import { describeDifference, mendDifference } from "./grantStatements";
import { isPredefined, type RoleKinds } from "./roleKind";

/** Kinds of default privileges that no rule speaks of. Large objects: since PostgreSQL 18. */
const otherDefaultKeywords: Readonly<Record<string, string>> = {
  T: "TYPES",
  n: "SCHEMAS",
  L: "LARGE OBJECTS",
};

const nothing: Expected = { wanted: new Map(), allowed: new Map() };

/**
 * What is expected of a creator. Infrastructure, and PgSTAC's admin in its schema, make objects that the rules speak of.
 * Anywhere, they and the admin give what PostgreSQL gives, less EXECUTE for PUBLIC. Everybody else may give less.
 */
function expectedOf(
  context: AclContext,
  who: RoleKinds,
  { creator, schema, code, initial }: DefaultPrivileges,
): Expected {
  const entry = defaultPrivilegeKinds.find((one) => one.code === code);
  const roleKind = who.of(creator);
  if (schema === null) {
    const given = initial.filter((one) => code !== "f" || one.grantee !== null);
    const judged = roleKind === "infrastructure" || creator === context.admin;
    if (judged) return { wanted: heldIn(given), allowed: new Map() };
    const pgstacs = roleKind === "pgstac admin" || roleKind === "pgstac ingest";
    return { wanted: new Map(), allowed: heldIn(pgstacs ? given : initial) };
  }
  if (!context.schemas.includes(schema)) return nothing;
  // What a function does is known when it is there: what is given by that is not given by default.
  const { wanted, allowed } = expectedOn(context, {
    ...{ kind: entry?.kind ?? "type", place: "governed", schema, column: null, readOnly: false },
  });
  const makes =
    roleKind === "infrastructure" || (roleKind === "pgstac admin" && schema === "pgstac");
  const givesToReaders = makes && entry !== undefined;
  // Types are born with PUBLIC's USAGE anyway; a rule about it asks for no default privilege in a schema.
  return { wanted: givesToReaders ? wanted : new Map(), allowed };
}

export function defaultDeviations(
  context: AclContext,
  who: RoleKinds,
  defaults: Catalog["defaults"],
): readonly Deviation[] {
  return defaults.flatMap((one) => {
    const { creator, schema, code, acl } = one;
    const keyword =
      defaultPrivilegeKinds.find((kind) => kind.code === code)?.keyword ??
      otherDefaultKeywords[code] ??
      "TABLES";
    const place = schema === null ? "anywhere" : `in ${context.quote(schema)}`;
    const target = {
      on: keyword,
      prefix: `ALTER DEFAULT PRIVILEGES FOR ROLE ${context.quote(creator)} ${
        schema === null ? "" : `IN SCHEMA ${context.quote(schema)} `
      }`,
      cascades: false,
      acl,
      quote: context.quote,
    };
    const outside = schema !== null && !context.schemas.includes(schema);
    // In a schema a default only adds, and what it adds for its creator adds nothing.
    const left = schema === null ? null : creator;
    return compare(expectedOf(context, who, one), acl, creator, left)
      .filter(
        ({ grantee }) =>
          !outside ||
          grantee === publicKey ||
          isPredefined(grantee) ||
          who.of(grantee) !== "trusted",
      )
      .map((difference): Deviation => ({
        text: describeDifference(`new ${keyword.toLowerCase()} of ${creator} ${place}`, difference),
        statements: mendDifference(difference, target),
        power: creator,
      }));
  });
}
