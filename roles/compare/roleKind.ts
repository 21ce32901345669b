/**
 * Who a role of the server is to this program, and what it may own. Pure.
 * Does NOT look at privileges.
 */
import { type RoleParty, trustedKinds } from "../../stack/roleKinds";
import type { AclContext, Catalog } from "../model";
import { azureRoles } from "../platformRoles";
import type { Place } from "../vocabulary";

/**
 * `trusted` roles are above what is judged here: superusers, the admin, PostgreSQL's own, the platform's, named DBAs.
 * A `stranger` is whom nobody declared.
 */
type RoleKind = RoleParty | "trusted" | "stranger";

/** Whether a name is one that PostgreSQL keeps for itself. Source: CREATE ROLE refuses names that begin with pg_. */
export const isPredefined = (name: string): boolean => name.startsWith("pg_");

/** Looks roles up by name. */
export interface RoleKinds {
  of(role: string): RoleKind;
  isSuperuser(role: string): boolean;
  /** Whether it is trusted by name: the admin, a named DBA, the platform's. */
  isNamed(role: string): boolean;
  /** Whether it is the platform's: Azure's own on its server, or listed as such. */
  isPlatforms(role: string): boolean;
  /** The role that the server was made with; null where it cannot be seen. */
  readonly bootstrap: string | null;
  /** Whether it may connect to this database. */
  connects(role: string): boolean;
  /** Whether it owns a database of the server: the admin of another one. */
  ownsDatabase(role: string): boolean;
  /** Whether a role may own an object in a place. */
  mayOwn(role: string, place: Place, schema: string | null): boolean;
}

/** Roles that a stack names as above what is judged. */
export const trustedRoles = ({ parties }: AclContext): readonly string[] =>
  trustedKinds.flatMap((kind) => parties[kind]);

export function roleKindsOf(context: AclContext, catalog: Pick<Catalog, "roles">): RoleKinds {
  const superusers = new Set(catalog.roles.filter((r) => r.superuser).map(({ name }) => name));
  const connecting = new Set(catalog.roles.filter((r) => r.connects).map(({ name }) => name));
  const owning = new Set(catalog.roles.filter((r) => r.ownsDatabase).map(({ name }) => name));
  const partyOf = new Map<string, RoleKind>();
  for (const [party, names] of Object.entries(context.parties)) {
    for (const name of names) partyOf.set(name, party as RoleParty);
  }
  const platform = new Set([...context.platform, ...azureRoles(catalog.roles)]);
  const named = new Set([...platform, ...trustedRoles(context), context.admin]);
  for (const name of named) partyOf.set(name, "trusted");
  const of = (role: string): RoleKind =>
    partyOf.get(role) ?? (superusers.has(role) || isPredefined(role) ? "trusted" : "stranger");
  return {
    of,
    isSuperuser: (role) => superusers.has(role),
    isNamed: (role) => named.has(role),
    isPlatforms: (role) => platform.has(role),
    bootstrap: catalog.roles.find((role) => role.bootstrap)?.name ?? null,
    connects: (role) => connecting.has(role),
    ownsDatabase: (role) => owning.has(role),
    mayOwn: (role, place, schema) => {
      if (place === "elsewhere" || place === "public") return of(role) === "trusted";
      if (place !== "governed") return role === context.admin;
      const isPgstacs = schema === "pgstac" && of(role) === "pgstac admin";
      return of(role) === "infrastructure" || isPgstacs;
    },
  };
}
