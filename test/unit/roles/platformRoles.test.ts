/** Roles with the names of Azure's are Azure's only on a server that Azure made, and only where they are what Azure's are. */
import { findDeviations } from "../../../roles/compare/acl";
import type { LiveRole } from "../../../roles/model";
import { azureRoles } from "../../../roles/platformRoles";
import { context, makeCatalog, makeRole } from "../../support/privileges/makeCatalog";

const maker = makeRole("azuresu", { superuser: true, bootstrap: true });
const administrators = makeRole("azure_pg_admin", { login: false });
const standby = makeRole("replication", { replication: true, login: false });

it.each<[string, readonly LiveRole[], readonly string[]]>([
  [
    "all of a new server",
    [maker, administrators, standby],
    ["azuresu", "azure_pg_admin", "replication"],
  ],
  ["a name of the kind", [maker, makeRole("azure_foo"), makeRole("azure_superuser")], ["azuresu"]],
  ["administrators that log in", [maker, { ...administrators, login: true }], ["azuresu"]],
  [
    "administrators that are superusers",
    [maker, { ...administrators, superuser: true }],
    ["azuresu"],
  ],
  ["a replication role that cannot replicate", [maker, makeRole("replication")], ["azuresu"]],
  [
    "a server that somebody else made",
    [{ ...maker, name: "postgres" }, administrators, standby],
    [],
  ],
  ["a superuser who took the name", [{ ...maker, bootstrap: false }, administrators, standby], []],
])("takes of %s for Azure's what is Azure's", (_, roles, names) => {
  expect(azureRoles(roles)).toEqual(names);
});

const judged = (
  roles: readonly LiveRole[],
  memberships: readonly (readonly [string, string])[] = [],
): readonly string[] => {
  const catalog = makeCatalog();
  const others = catalog.roles.filter(({ bootstrap }) => !bootstrap);
  const added = memberships.map(([member, role]) => ({
    ...{ member, role, grantor: "admin" },
    ...{ grantable: false, inherits: true, sets: true },
  }));
  const all = {
    ...catalog,
    roles: [...others, ...roles],
    memberships: [...catalog.memberships, ...added],
  };
  return findDeviations(context, all).map(({ text }) => text);
};

it("judges Azure's own roles by nothing, and whoever is a member of them", () => {
  const own = [maker, administrators, standby];
  expect(judged(own, [["azure_pg_admin", "pg_read_all_data"]])).toEqual([]);
  expect(judged(own, [["stranger", "azure_pg_admin"]])).toEqual([
    "role stranger: should not be a member of azure_pg_admin",
  ]);
  expect(judged(own, [["admin", "azure_pg_admin"]])).toEqual([]);
});

it("judges the same names on another server as strangers", () => {
  const other = makeRole("postgres", { superuser: true, bootstrap: true });
  const taken = [
    other,
    { ...maker, bootstrap: false },
    { ...administrators, createRole: true },
    standby,
  ];
  expect(
    judged(taken, [
      ["azure_pg_admin", "infra"],
      ["azure_pg_admin", "pg_read_all_data"],
      ["stranger", "azure_pg_admin"],
    ]),
  ).toEqual([
    "role azure_pg_admin: should not be a member of infra",
    "role azure_pg_admin: should not be a member of pg_read_all_data",
    "role azuresu: should not have SUPERUSER, which nobody declared",
    "role azure_pg_admin: should not have CREATEROLE, which nobody declared",
    "role replication: should not have REPLICATION, which nobody declared",
  ]);
});
