/**
 * The GrantRole resource: that one role is a member of another.
 * Does NOT manage the other memberships of either role. A Role resource lists all of its memberships in `roles`: give
 * that one `ignoreChanges: ["roles"]` when its memberships are GrantRoles, as with the official plugin. Nor does it tell
 * a membership from what the server itself gives who creates a role, because the official plugin does not either: a
 * program that rests under this one then rests under that one.
 * Source: the official plugin's GrantRole; PostgreSQL, GRANT, REVOKE (several grants of one membership since 16).
 */
import type { Connections, Transaction } from "./connection";
import { PluginError } from "./errors";
import { assertRevoked } from "./membership";
import type { PropertyRules } from "./properties";
import { type ResourceKind, textOf } from "./resource";
import type { Values } from "./wire";

const rules: PropertyRules = {
  role: { kind: "string", zero: null, isRequired: true, isReplacing: true },
  grantRole: { kind: "string", zero: null, isRequired: true, isReplacing: true },
  withAdminOption: { kind: "boolean", zero: false, isReplacing: true },
};

interface Membership {
  readonly role: string;
  readonly grant_role: string;
  readonly with_admin: boolean;
  readonly is_own: boolean;
  readonly is_usable: boolean;
}

/**
 * Every grantor's row counts, as with the official plugin, which reads whichever it meets first and so, since 16, that of
 * the creator: whoever creates a role holds it WITH ADMIN, and can neither use nor become it. `is_usable` alone leaves
 * that row out. The options are read through jsonb because 15 does not have them.
 */
const MEMBERSHIPS = `
  SELECT member.rolname::text AS role, granted.rolname::text AS grant_role,
         pg_catalog.bool_or(edge.admin_option) AS with_admin,
         pg_catalog.bool_or(grantor.rolname = CURRENT_USER) AS is_own,
         pg_catalog.bool_or(COALESCE((pg_catalog.to_jsonb(edge) ->> 'inherit_option')::boolean, true)
                            OR COALESCE((pg_catalog.to_jsonb(edge) ->> 'set_option')::boolean, true)) AS is_usable
    FROM pg_catalog.pg_auth_members edge
    JOIN pg_catalog.pg_roles member ON member.oid = edge.member
    JOIN pg_catalog.pg_roles granted ON granted.oid = edge.roleid
    LEFT JOIN pg_catalog.pg_roles grantor ON grantor.oid = edge.grantor
   GROUP BY 1, 2`;

async function membership(
  transaction: Transaction,
  role: string,
  grantRole: string,
): Promise<Membership | undefined> {
  const result = await transaction.query<Membership>(
    `SELECT * FROM (${MEMBERSHIPS}) AS memberships WHERE role = $1 AND grant_role = $2`,
    [role, grantRole],
  );
  return result.rows[0];
}

/** Role names may hold underscores, so an id is not split: the one membership that makes it is looked for. */
async function membershipById(
  transaction: Transaction,
  id: string,
): Promise<Membership | undefined> {
  const result = await transaction.query<Membership>(
    `SELECT * FROM (${MEMBERSHIPS}) AS memberships
      WHERE role || '_' || grant_role || '_' || with_admin::text = $1`,
    [id],
  );
  if (result.rows.length > 1) {
    throw new PluginError(
      `${JSON.stringify(id)} may mean more than one membership: rename a role to import it`,
    );
  }
  return result.rows[0];
}

const outputsOf = (found: Membership): Values => ({
  role: found.role,
  grantRole: found.grant_role,
  withAdminOption: found.with_admin,
});

async function create(connections: Connections, wanted: Values): Promise<Values> {
  const role = textOf(wanted.role);
  const grantRole = textOf(wanted.grantRole);
  return connections.change(connections.settings.database, async (transaction) => {
    const edge = [
      transaction.escapeIdentifier(grantRole),
      transaction.escapeIdentifier(role),
    ] as const;
    const present = await membership(transaction, role, grantRole);
    // A grant does not take an admin option away, so an own one that differs is made anew, as the official plugin does.
    if (present?.is_own === true) await transaction.query(`REVOKE ${edge[0]} FROM ${edge[1]}`);
    const option = wanted.withAdminOption === true ? " WITH ADMIN OPTION" : "";
    await transaction.query(`GRANT ${edge[0]} TO ${edge[1]}${option}`);
    const found = await membership(transaction, role, grantRole);
    if (found === undefined)
      throw new PluginError("the membership was revoked by another session meanwhile");
    return outputsOf(found);
  });
}

async function read(
  connections: Connections,
  id: string,
  olds: Values,
): Promise<Values | undefined> {
  const role = textOf(olds.role);
  const found = await connections.read(connections.settings.database, (transaction) =>
    role === ""
      ? membershipById(transaction, id)
      : membership(transaction, role, textOf(olds.grantRole)),
  );
  return found === undefined ? undefined : outputsOf(found);
}

async function remove(connections: Connections, _id: string, olds: Values): Promise<void> {
  const role = textOf(olds.role);
  const grantRole = textOf(olds.grantRole);
  await connections.change(connections.settings.database, async (transaction) => {
    if ((await membership(transaction, role, grantRole)) === undefined) return;
    await transaction.query(
      `REVOKE ${transaction.escapeIdentifier(grantRole)} FROM ${transaction.escapeIdentifier(role)}`,
    );
    // Only what the server itself gave the creator may stay: nobody but a superuser can take it.
    if ((await membership(transaction, role, grantRole))?.is_usable === true) {
      await assertRevoked(transaction, grantRole, role);
    }
  });
}

/** The GrantRole resource. Its id is `<role>_<grantRole>_<true or false>`. */
export const grantRole: ResourceKind = {
  label: "GrantRole",
  rules,
  isDeletedBeforeReplace: true,
  idOf: (properties) =>
    `${textOf(properties.role)}_${textOf(properties.grantRole)}_${properties.withAdminOption === true}`,
  create,
  read,
  update: () =>
    Promise.reject(new PluginError("a membership is never updated: every change replaces it")),
  remove,
};
