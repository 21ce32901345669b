/**
 * What a login that is not superuser may do about memberships: lend itself one for the length of a transaction, and
 * say which it cannot take away.
 * Does NOT manage the memberships the program declares (see role, grantRole).
 *
 * A login that is not superuser may not give a schema to a role, nor reassign what it owns, without being its member.
 * Source: PostgreSQL 15 and 18, CREATE SCHEMA, REASSIGN OWNED, GRANT (role membership has options since 16).
 */
import type { Transaction } from "./connection";
import { PluginError } from "./errors";

interface MembershipState {
  readonly has_options: boolean;
  readonly can_act: boolean;
  readonly own: { readonly inherit_option?: boolean; readonly set_option?: boolean } | null;
}

/** `own` is the membership the login granted itself: the only row a later GRANT or REVOKE of its own touches. */
const MEMBERSHIP_STATE = `
  SELECT pg_catalog.current_setting('server_version_num')::int >= 160000 AS has_options,
         CASE WHEN pg_catalog.current_setting('server_version_num')::int >= 160000
              THEN pg_catalog.pg_has_role(role.oid, 'USAGE') AND pg_catalog.pg_has_role(role.oid, 'SET')
              ELSE pg_catalog.pg_has_role(role.oid, 'MEMBER') END AS can_act,
         (SELECT pg_catalog.to_jsonb(granted) FROM pg_catalog.pg_auth_members granted
            JOIN pg_catalog.pg_roles me ON me.rolname = CURRENT_USER
           WHERE granted.roleid = role.oid AND granted.member = me.oid AND granted.grantor = me.oid) AS own
    FROM pg_catalog.pg_roles role
   WHERE role.rolname = $1`;

/**
 * Runs `work` as a member of `role`, and gives back only what was taken: nothing when the login was a member before, the
 * options it had when it had fewer. On failure the transaction is rolled back, and the loan with it.
 *
 * @param transaction  In which everything happens.
 * @param role         Must exist; where it does not, the work's own error says so.
 * @param work         Must not drop the role.
 */
export async function withMembership<T>(
  transaction: Transaction,
  role: string,
  work: () => Promise<T>,
): Promise<T> {
  const state = (await transaction.query<MembershipState>(MEMBERSHIP_STATE, [role])).rows[0];
  if (state === undefined || state.can_act) return work();
  const name = transaction.escapeIdentifier(role);
  // Written out since 16, because createrole_self_grant and older grants may have set other options.
  const options = state.has_options ? " WITH INHERIT TRUE, SET TRUE" : "";
  await transaction.query(`GRANT ${name} TO CURRENT_USER${options}`);
  const result = await work();
  await transaction.query(
    state.own === null
      ? `REVOKE ${name} FROM CURRENT_USER`
      : `GRANT ${name} TO CURRENT_USER WITH INHERIT ${state.own.inherit_option === true ? "TRUE" : "FALSE"}, SET ${state.own.set_option === true ? "TRUE" : "FALSE"}`,
  );
  return result;
}

/**
 * Makes sure that a REVOKE took effect. Since 16 it touches only what the login itself granted, and says no more than
 * a warning of another's grant.
 *
 * @throws {PluginError} `member` is still granted `role`; it has the statements that end that.
 */
export async function assertRevoked(
  transaction: Transaction,
  role: string,
  member: string,
): Promise<void> {
  const result = await transaction.query<{ grantor: string }>(
    `SELECT pg_catalog.pg_get_userbyid(edge.grantor)::text AS grantor
       FROM pg_catalog.pg_auth_members edge
       JOIN pg_catalog.pg_roles role ON role.oid = edge.roleid
       JOIN pg_catalog.pg_roles member ON member.oid = edge.member
      WHERE role.rolname = $1 AND member.rolname = $2`,
    [role, member],
  );
  if (result.rows.length === 0) return;
  const statements = result.rows.map(
    ({ grantor }) =>
      `REVOKE ${transaction.escapeIdentifier(role)} FROM ${transaction.escapeIdentifier(member)} GRANTED BY ${transaction.escapeIdentifier(grantor)}`,
  );
  throw new PluginError(
    `${member} is still a member of ${role} by another role's grant, which this login cannot take back: have an administrator run ${statements.join("; ")}`,
  );
}
