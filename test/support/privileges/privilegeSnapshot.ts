/**
 * Everything that the comparison looks at, in lines that two moments can be compared by.
 * Does NOT judge any of it.
 */
import { readCatalog } from "../../../roles/database/catalog";
import type { AclEntry } from "../../../roles/model";
import type { ProgramDatabase } from "../servers/programDatabase";

const aclText = (acl: readonly AclEntry[]): string =>
  acl
    .map(
      ({ grantee, privilege, grantable, grantor }) =>
        `${grantee ?? "PUBLIC"}=${privilege}${grantable ? "*" : ""}/${grantor}`,
    )
    .sort()
    .join(" ");

/** The live catalog, sorted. The admin's own memberships in roles that a test makes are left out. */
export async function privilegeSnapshot(database: ProgramDatabase): Promise<readonly string[]> {
  const { settings, names } = database;
  const catalog = await database.asAdmin((client) => readCatalog(client, settings));
  const ours: readonly string[] = [
    ...Object.values(names),
    settings.roles.infrastructure,
    ...settings.roles.migrators,
  ];
  return [
    ...catalog.objects.map(({ acl, kind, identity, column, owner }) =>
      [kind, identity, column ?? "", owner, aclText(acl)].join(" "),
    ),
    ...catalog.defaults.map(({ creator, schema, code, acl }) =>
      ["default", creator, schema ?? "", code, aclText(acl)].join(" "),
    ),
    ...catalog.memberships
      .filter(({ member, role }) => ours.includes(member) && ours.includes(role))
      .map((membership) => `member ${JSON.stringify(membership)}`),
    ...catalog.roles
      .filter(({ name }) => ours.includes(name))
      .map(({ validUntil, ...role }) => {
        const until = validUntil === "infinity" ? null : validUntil;
        return `role ${JSON.stringify({ ...role, until })}`;
      }),
    ...catalog.settings
      .filter(({ role }) => role === null || ours.includes(role))
      .map((setting) => `setting ${JSON.stringify(setting)}`),
    ...catalog.owned
      .filter(({ owner }) => ours.includes(owner))
      .map((owned) => `owned ${JSON.stringify(owned)}`),
    ...catalog.bypasses.map((bypass) => `bypass ${JSON.stringify(bypass)}`),
  ].sort();
}

/** Lines of one that the other has not, with a sign: an empty list where nothing differs. */
export function snapshotDifference(
  before: readonly string[],
  after: readonly string[],
): readonly string[] {
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ];
}
