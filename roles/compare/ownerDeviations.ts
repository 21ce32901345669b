/**
 * Finds objects that belong to somebody else than they should: an owner may ALTER and DROP. Pure.
 * Does NOT look at privileges (acl.ts).
 */
import type { AclContext, CatalogObject, Deviation, OwnedObject } from "../model";
import { objectKinds, wordsOf } from "../objectKinds";
import type { Place } from "../vocabulary";
import type { RoleKinds } from "./roleKind";

/** To whom an object in a place should belong. */
function rightOwner(context: AclContext, place: Place, type: string, identity: string): string {
  const [infrastructure] = context.parties.infrastructure;
  if (place === "governed" && infrastructure !== undefined) return infrastructure;
  return type === "schema" && identity === "public" ? "pg_database_owner" : context.admin;
}

/** In the governed schemas objects are the infrastructure role's alone; the program's own are the admin's. */
export function ownerDeviations(
  context: AclContext,
  who: RoleKinds,
  { kind, place, schema, owner, identity, follows }: CatalogObject,
): readonly Deviation[] {
  const keyword = objectKinds[kind].alter;
  // What is elsewhere comes with what belongs to whom, whether or not it has privileges (ownedDeviations).
  if (keyword === null || follows || place === "elsewhere") return [];
  if (who.mayOwn(owner, place, schema)) return [];
  const right = rightOwner(context, place, kind, identity);
  return [
    {
      text: `${kind} ${identity}: belongs to ${owner}, not to ${right}`,
      statements: [`ALTER ${keyword} ${identity} OWNER TO ${context.quote(right)}`],
      power: owner,
      first: true,
      loses: { role: owner, what: "ownership", on: `${kind} ${identity}` },
      ...(objectKinds[kind].code === "r" || kind === "sequence" ? { locks: identity } : {}),
    },
  ];
}

/** No statement changes the owner of one extension alone. */
function ofExtension(
  { quote, admin }: AclContext,
  who: RoleKinds,
  identity: string,
  owner: string,
): Pick<Deviation, "statements" | "manual"> {
  return who.of(owner) === "infrastructure"
    ? {
        statements: [`DROP EXTENSION ${identity}`],
        manual: "the owner of an extension cannot be changed; drop it and have the admin make it",
      }
    : {
        statements: [`REASSIGN OWNED BY ${quote(owner)} TO ${quote(admin)}`],
        manual:
          "it takes everything else that its owner has in this database too; a person decides",
      };
}

/** Objects outside of what is governed, or of kinds without privileges, that belong to a role that may own nothing. */
export function ownedDeviations(
  context: AclContext,
  who: RoleKinds,
  { type, schema, identity, owner, shared, superuserOnly }: OwnedObject,
): readonly Deviation[] {
  const place = schema !== null && context.schemas.includes(schema) ? "governed" : "elsewhere";
  if (who.mayOwn(owner, place, schema)) return [];
  // Another database of this server, and what is in it, is the affair of whoever governs that.
  if (shared && who.of(owner) === "stranger") return [];
  const usual = rightOwner(context, place, type, identity);
  const right = superuserOnly ? (who.bootstrap ?? usual) : usual;
  const text = `${type} ${identity}: belongs to ${owner}, not to ${right}`;
  if (type === "extension") return [{ text, ...ofExtension(context, who, identity, owner) }];
  return [
    {
      text,
      statements: [`ALTER ${wordsOf(type)} ${identity} OWNER TO ${context.quote(right)}`],
      power: owner,
      first: true,
      loses: { role: owner, what: "ownership", on: `${type} ${identity}` },
    },
  ];
}
