/**
 * Says what whoever reads a list of privileges must know beside it: powers that no rule gives or takes. Pure.
 * None of it is drift, because nothing here could be otherwise without another server or another platform.
 */
import type { AclContext, Catalog } from "../model";
import { azureAdministrators } from "../platformRoles";
import { isCreators } from "./membershipDeviations";
import { roleKindsOf } from "./roleKind";

/** One line each. */
export function remarksOn(context: AclContext, catalog: Catalog): readonly string[] {
  const who = roleKindsOf(context, catalog);
  const { roles, memberships, bypasses, major } = catalog;
  const names = (list: readonly { readonly name: string }[]): string =>
    list.map(({ name }) => name).join(", ");

  const superusers = roles.filter(({ superuser }) => superuser);
  const creators = roles.filter(({ superuser, createRole }) => createRole && !superuser);
  const makers = memberships.filter(
    (one) =>
      one.member !== context.admin &&
      !who.isSuperuser(one.member) &&
      one.grantable &&
      who.of(one.member) === "trusted" &&
      isCreators(who, one) &&
      (one.role === context.admin || !["trusted", "stranger"].includes(who.of(one.role))),
  );
  const definers = bypasses.filter(
    ({ kind, owner }) => kind === "security definer" && who.of(owner) === "pgstac admin",
  );
  const administrators = who.isPlatforms(azureAdministrators)
    ? memberships.filter(({ role }) => role === azureAdministrators).map(({ member }) => member)
    : [];
  return [
    ...(superusers.length > 0 ? [`Superusers, whom nothing binds: ${names(superusers)}.`] : []),
    ...(major < 16 && creators.length > 0
      ? [
          `Before PostgreSQL 16 a role with CREATEROLE may become any role that is no superuser, pg_execute_server_program included, and so reaches the operating system: ${names(creators)}.`,
        ]
      : []),
    ...(administrators.length > 0
      ? [
          `Administrators of the server on Azure, who reach everything whatever their privileges: ${administrators.join(", ")}.`,
        ]
      : []),
    ...makers.map(({ member, role }) => `${member} made ${role}, and may let anybody into it.`),
    ...(definers.length > 0
      ? [
          `Functions of PgSTAC that run with its admin's rights: ${definers.map(({ identity }) => identity).join(", ")}.`,
        ]
      : []),
  ];
}
