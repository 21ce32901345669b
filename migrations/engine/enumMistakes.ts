/**
 * Finds values of an enum that are used in the transaction that adds them, which PostgreSQL refuses (55P04).
 * Does NOT parse expressions: it looks for the value as a literal in the text of later statements.
 */
import type { ObjectName } from "./action";
import { flatActions } from "./action";
import type { SchemaModel } from "./schemaModel";
import type { Segment } from "./segments";
import type { Statement } from "./statements";

interface Added {
  readonly type: ObjectName;
  readonly value: string;
  readonly line: number;
}

/** Statements that keep text without looking at what it means, or only name the value. */
const keepsText = new Set(["CREATE FUNCTION", "CREATE PROCEDURE", "COMMENT", "ALTER TYPE"]);

const hasLiteral = ({ text }: Statement, value: string): boolean =>
  text.includes(`'${value.replaceAll("'", "''")}'`);

/** Values added to types that are older than the transaction: only those cannot be used at once. */
function addedBy(statement: Statement, ownTypes: ReadonlySet<string>): readonly Added[] {
  return flatActions(statement.actions).flatMap((action): readonly Added[] =>
    action.kind === "add enum value" &&
    !ownTypes.has(`${action.type.schema ?? ""}.${action.type.name}`)
      ? [{ type: action.type, value: action.value, line: statement.line }]
      : [],
  );
}

/**
 * The mistakes of one segment, by statement.
 *
 * @param model  What was there before the segment.
 * Source: postgresql.org/docs/current/sql-altertype.html, Notes.
 */
export function mistakesOf(
  segment: Segment,
  model: SchemaModel,
): ReadonlyMap<Statement, readonly string[]> {
  const mistakes = new Map<Statement, readonly string[]>();
  if (segment.kind !== "transaction") return mistakes;
  const added: Added[] = [];
  const ownTypes = new Set<string>();
  for (const statement of segment.statements) {
    const found = keepsText.has(statement.kind)
      ? []
      : added
          .filter(({ value }) => hasLiteral(statement, value))
          .map(
            ({ type, value, line }) =>
              `the value '${value}' that line ${line} adds to ${[type.schema, type.name].filter((part) => part !== null).join(".")} cannot be used before that transaction is committed`,
          );
    if (found.length > 0) mistakes.set(statement, found);
    for (const action of flatActions(statement.actions)) {
      if (action.kind === "create type" && model.type(action.type) === null) {
        ownTypes.add(`${action.type.schema ?? ""}.${action.type.name}`);
      }
    }
    added.push(...addedBy(statement, ownTypes));
  }
  return mistakes;
}
