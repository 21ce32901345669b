/**
 * Finds what PostgreSQL will refuse though each statement by itself is right: a new enum value used at once, and what
 * cannot run in a transaction, or not at all, because the table is partitioned.
 * Does NOT parse expressions: an enum's value is looked for as a literal in the text of later statements.
 */
import type { Segment } from "../files/segments";
import type { SchemaModel } from "../schema/schemaModel";
import { dottedName, type ObjectName } from "../sql/objectName";
import { flatOperations, type Operation } from "../statements/operation";
import type { Statement } from "../statements/statements";

interface Added {
  readonly type: ObjectName;
  readonly value: string;
  readonly line: number;
}

/** Statements that keep text without looking at what it means, or only name the value. */
const keepsText = new Set(["CREATE FUNCTION", "CREATE PROCEDURE", "COMMENT", "ALTER TYPE"]);

const hasLiteral = ({ text }: Statement, value: string): boolean =>
  text.includes(`'${value.replaceAll("'", "''")}'`);

/**
 * Uses of enum values in the transaction that adds them (55P04), by statement. PostgreSQL 17 takes them where the same
 * transaction made the type, and those before it do not.
 * Source: postgresql.org/docs/current/sql-altertype.html, Notes.
 */
export function enumMistakes(segment: Segment): ReadonlyMap<Statement, readonly string[]> {
  const mistakes = new Map<Statement, readonly string[]>();
  if (segment.kind !== "transaction") return mistakes;
  const added: Added[] = [];
  for (const statement of segment.statements) {
    const used = keepsText.has(statement.kind)
      ? []
      : added.filter(({ value }) => hasLiteral(statement, value));
    if (used.length > 0) mistakes.set(statement, used.map(wordUse));
    for (const operation of flatOperations(statement.operations)) {
      if (operation.kind === "add enum value") {
        added.push({ type: operation.type, value: operation.value, line: statement.line });
      }
    }
  }
  return mistakes;
}

const wordUse = ({ type, value, line }: Added): string =>
  `the value '${value}' that line ${line} adds to ${dottedName(type)} cannot be used before that transaction is committed`;

/** What is done concurrently, and so never in a transaction; of an operation inside DO, which always is in one. */
const isConcurrent = (operation: Operation): boolean =>
  ("concurrently" in operation && operation.concurrently && operation.kind !== "refresh") ||
  operation.kind === "vacuum" ||
  (operation.kind === "alter table" &&
    operation.command.kind === "detach partition" &&
    operation.command.mode === "concurrently");

/** Why an operation on a partitioned table or index fails, or null. */
function partitionedMistake(
  operation: Operation,
  model: SchemaModel,
  inTransaction: boolean,
): string | null {
  const isPartitioned = (name: ObjectName): boolean => {
    const relation = model.relation(name);
    if (relation?.ref.kind !== "index") return relation?.partitionKey != null;
    const table = relation.table === null ? null : model.byId(relation.table);
    return table?.partitionKey != null;
  };
  const refuse = (name: ObjectName, what: string): string | null =>
    isPartitioned(name) ? `${what}: ${dottedName(name)} is partitioned` : null;
  if (operation.kind === "create index" && operation.concurrently) {
    return refuse(operation.table, "CREATE INDEX CONCURRENTLY works on single partitions only");
  }
  if (operation.kind === "drop" && operation.concurrently) {
    const hit = operation.objects.find(isPartitioned);
    return hit === undefined ? null : refuse(hit, "DROP INDEX CONCURRENTLY does not work here");
  }
  if (operation.kind === "alter table" && operation.command.kind === "detach partition") {
    const parent = model.relation(operation.table);
    const hasDefault = model
      .all(parent?.children ?? [])
      .some(({ isDefaultPartition }) => isDefaultPartition);
    if (operation.command.mode !== "concurrently" || !hasDefault) return null;
    return `DETACH PARTITION CONCURRENTLY does not work here: ${dottedName(operation.table)} has a DEFAULT partition`;
  }
  if (!inTransaction) return null;
  if (operation.kind === "reindex" && operation.target !== null) {
    return refuse(operation.target, "REINDEX cannot run in a transaction here");
  }
  return operation.kind === "cluster" && operation.table !== null
    ? refuse(operation.table, "CLUSTER cannot run in a transaction here")
    : null;
}

/** PostgreSQL compares old and new content in a temporary table, and nobody who runs migrations may make one. */
export const refreshMistake =
  "REFRESH MATERIALIZED VIEW CONCURRENTLY needs TEMPORARY on the database, which the role of migrations does not have";

/**
 * What fails because of where a statement stands, or what it works on.
 *
 * @param model  What was there before the statement.
 * Source: PostgreSQL, calls of PreventInTransactionBlock.
 */
export function placeMistakes(
  statement: Statement,
  segment: Segment,
  model: SchemaModel,
): readonly string[] {
  const inTransaction = segment.kind === "transaction";
  return statement.operations.flatMap((operation): readonly string[] => {
    if (operation.kind === "do") {
      return flatOperations(operation.operations).some(isConcurrent)
        ? ["a DO block is a transaction, in which nothing can be done concurrently"]
        : [];
    }
    if (operation.kind === "refresh" && operation.concurrently) return [refreshMistake];
    const mistake = partitionedMistake(operation, model, inTransaction);
    return mistake === null ? [] : [mistake];
  });
}
