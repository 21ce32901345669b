/**
 * Statements that no migration may hold in any tier, with the reason: one row per kind.
 * Does NOT cover high-risk operations, which depend on the tier.
 */
import type { Problem } from "./errors";
import type { Segment } from "./segments";
import type { Statement } from "./statements";

const role =
  "the runner's role is what keeps a migration within its rights and its record true (who ran it)";
const privilege = "privileges have one owner, roles/privileges.ts, and any other grant is drift";
const schema = "schemas, extensions and databases are declared by the stack, not by migrations";
const server = "it changes the whole server, not this database's schemas";

/** Kind (see statementKinds) to the reason. Source: policy, "Permission Model". */
export const forbiddenKinds: Readonly<Record<string, string>> = {
  "SET ROLE": role,
  "RESET ROLE": role,
  "SET SESSION AUTHORIZATION": role,
  "RESET SESSION AUTHORIZATION": role,
  "RESET ALL": role,
  "DISCARD ALL": role,
  GRANT: privilege,
  REVOKE: privilege,
  "GRANT ROLE": privilege,
  "REVOKE ROLE": privilege,
  "CREATE ROLE": privilege,
  "ALTER ROLE": privilege,
  "ALTER ROLE RENAME": privilege,
  "DROP ROLE": privilege,
  "ALTER DEFAULT PRIVILEGES": privilege,
  "REASSIGN OWNED": privilege,
  "DROP OWNED": privilege,
  "CREATE SCHEMA": schema,
  "DROP SCHEMA": schema,
  "ALTER SCHEMA RENAME": schema,
  "CREATE DATABASE": schema,
  "ALTER DATABASE": schema,
  "ALTER DATABASE RENAME": schema,
  "DROP DATABASE": schema,
  "CREATE EXTENSION": schema,
  "ALTER EXTENSION": schema,
  "ALTER EXTENSION SET SCHEMA": schema,
  "DROP EXTENSION": schema,
  "ALTER SYSTEM": server,
  "CREATE TABLESPACE": server,
  "DROP TABLESPACE": server,
};

const ownership =
  "ownership decides who may ALTER and DROP; the infrastructure role owns everything";

function reasonOf(statement: Statement): string | null {
  const listed = Object.hasOwn(forbiddenKinds, statement.kind)
    ? forbiddenKinds[statement.kind]
    : undefined;
  if (listed !== undefined) return listed;
  if (statement.kind.endsWith(" OWNER TO")) return ownership;
  return statement.changesRole ? role : null;
}

/** Returns a problem for each forbidden statement, in order. `hint` holds the reason. */
export function forbiddenStatements(segments: readonly Segment[]): readonly Problem[] {
  return segments.flatMap(({ file, statements }) =>
    statements.flatMap((statement): Problem[] => {
      const reason = reasonOf(statement);
      if (reason === null) return [];
      const { line, column, kind, target } = statement;
      const disguised = statement.changesRole && !Object.hasOwn(forbiddenKinds, kind);
      const what = disguised
        ? `${kind} that changes the role`
        : [kind, target].filter(Boolean).join(" ");
      const message = `${what} is not allowed in a migration.`;
      return [{ code: "FORBIDDEN_STATEMENT", file, line, column, message, hint: `${reason}.` }];
    }),
  );
}
