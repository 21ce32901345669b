/**
 * Statements that no migration may hold in any tier, with the reason: one row per kind.
 * Does NOT cover high-risk operations, which depend on the tier.
 */
import type { Problem } from "../../../../../stack/errors";
import type { Segment } from "../../../files/segments";
import { flatOperations, type InnerStatement, type Operation } from "../../../statements/operation";
import type { Statement } from "../../../statements/statements";

const role =
  "the runner's role is what keeps a migration within its rights and its record true (who ran it)";
const privilege = "privileges have one owner, roles/privileges.ts, and any other grant is drift";
const schema = "schemas, extensions and databases are declared by the stack, not by migrations";
const server = "it changes the whole server, not this database's schemas";
const files =
  "it reads or writes files and programs of the server's machine, or data that only a client can send";

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
  "ALTER EVENT TRIGGER": server,
  LOAD: server,
  "SECURITY LABEL": privilege,
  "IMPORT FOREIGN SCHEMA": schema,
  "COPY FROM": files,
  "COPY TO": files,
};

const ownership =
  "ownership decides who may ALTER and DROP; the infrastructure role owns everything";

/** Kinds that stand by themselves in a file, and that a block must not hold. */
const forbiddenInside: Readonly<Record<string, string>> = {
  COMMIT:
    "the runner's transaction is what makes a failure leave nothing behind; -- batch commits in rounds",
  ROLLBACK: "it throws work away unseen; RAISE EXCEPTION says why",
};

/** Languages whose functions do what the server's own account may do. */
const untrusted = /^(c|internal|.*u)$/;
const unbounded =
  "a function in this language can do on the server's machine whatever the server can";

const temporary =
  "the role that runs migrations may make no temporary objects (42501 at the run); make a table in a governed schema and drop it again";

/** CREATE TEMPORARY …, whatever its kind. */
const isTemporary = (operation: Operation): boolean =>
  (operation.kind === "create table" &&
    (operation.temporary || operation.table.schema === "pg_temp")) ||
  (operation.kind === "create view" && operation.view.schema === "pg_temp") ||
  (operation.kind === "create sequence" && operation.sequence.schema === "pg_temp");

function reasonOf({
  kind,
  changesRole,
}: Pick<InnerStatement, "kind" | "changesRole">): string | null {
  const listed = Object.hasOwn(forbiddenKinds, kind) ? forbiddenKinds[kind] : undefined;
  if (listed !== undefined) return listed;
  if (kind.endsWith(" OWNER TO")) return ownership;
  return changesRole ? role : null;
}

/** What is wrong with one statement, in words: with itself, or with one inside its DO block. */
function faultsOf(
  statement: Statement,
): readonly { readonly what: string; readonly why: string }[] {
  const { kind, target, changesRole } = statement;
  const own = reasonOf(statement);
  if (own !== null) {
    const disguised = changesRole && !Object.hasOwn(forbiddenKinds, kind);
    const named = [kind, target].filter(Boolean).join(" ");
    return [{ what: disguised ? `${kind} that changes the role` : named, why: own }];
  }
  return flatOperations(statement.operations).flatMap((operation) => {
    if (isTemporary(operation)) return [{ what: `${kind} of something temporary`, why: temporary }];
    if (operation.kind === "create function" && untrusted.test(operation.language)) {
      return [{ what: `${kind} in the language ${operation.language}`, why: unbounded }];
    }
    if (operation.kind !== "do") return [];
    return operation.statements.flatMap((inner) => {
      const why = forbiddenInside[inner.kind] ?? reasonOf(inner);
      const what = [inner.kind, inner.target].filter(Boolean).join(" ");
      return why === null ? [] : [{ what: `${what} inside ${kind}`, why }];
    });
  });
}

/** Returns a problem for each forbidden statement, in order. `hint` holds the reason. */
export function forbiddenStatements(segments: readonly Segment[]): readonly Problem[] {
  return segments.flatMap(({ file, statements }) =>
    statements.flatMap((statement) =>
      faultsOf(statement).map(({ what, why }): Problem => {
        const { line, column } = statement;
        const message = `${what} is not allowed in a migration.`;
        return { code: "FORBIDDEN_STATEMENT", file, line, column, message, hint: `${why}.` };
      }),
    ),
  );
}
