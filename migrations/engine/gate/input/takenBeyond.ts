/**
 * What a rollback takes away that its migration has not brought: tables, columns, rows.
 * Does NOT look for what it leaves (see netChanges), nor for changes without loss: the proof compares catalogs.
 */
import type { ObjectName } from "../../sql/objectName";
import { sqlName } from "../../sql/sqlText";
import { type PlacedOperation } from "./placedOperation";
import { sameName, type Subject } from "./subject";

interface Loss {
  readonly placed: PlacedOperation;
  /** "drops dagapp.notes" */
  readonly what: string;
}

const isTable = (kind: string): boolean => kind === "table" || kind === "foreign table";

/** What of a migration and its rollback says what is taken; a Subject has it all. */
type Pair = Pick<
  Subject,
  "before" | "placedOperations" | "rollbackOperations" | "impacts" | "rollbackImpacts"
>;

/** True when one of the placed operations brings the table: makes it where no earlier file has, or gives it this name. */
function bringsTable(
  subject: Pair,
  placedOperations: readonly PlacedOperation[],
  table: ObjectName,
): boolean {
  return placedOperations.some(({ operation, statement }) => {
    if (operation.kind === "create table" && sameName(operation.table, table)) {
      const mayBeOld = operation.ifNotExists || statement.kind === "DO";
      return !mayBeOld || subject.before.relation(table) === null;
    }
    if (operation.kind === "rename" && operation.part === null) {
      return sameName({ ...operation.object, name: operation.to }, table);
    }
    return (
      operation.kind === "set schema" &&
      sameName({ ...operation.object, schema: operation.schema }, table)
    );
  });
}

/** True when one of the placed operations brings the column, by adding it or by giving it this name. */
function bringsColumn(
  subject: Pair,
  placedOperations: readonly PlacedOperation[],
  table: ObjectName,
  column: string,
): boolean {
  const isOld = subject.before.relation(table)?.columns.has(column) === true;
  return placedOperations.some(({ operation }) => {
    if (operation.kind === "rename" && operation.part?.kind === "column") {
      return sameName(operation.object, table) && operation.to === column;
    }
    if (operation.kind !== "alter table" || !sameName(operation.table, table)) return false;
    const { command } = operation;
    if (command.kind !== "add column" || command.column.name !== column) return false;
    return (
      !(command.ifNotExists && isOld) ||
      placedOperations.some((one) => dropsColumn(one, table, column))
    );
  });
}

const dropsColumn = ({ operation }: PlacedOperation, table: ObjectName, column: string): boolean =>
  operation.kind === "alter table" &&
  sameName(operation.table, table) &&
  operation.command.kind === "drop column" &&
  operation.command.column === column;

/** True when one of the placed operations writes rows of the table. */
const bringsRows = (placedOperations: readonly PlacedOperation[], table: ObjectName): boolean =>
  placedOperations.some(
    ({ operation }) =>
      operation.kind === "query" &&
      operation.query.writes.some(
        (write) => write.verb !== "delete" && sameName(write.table, table),
      ),
  );

/** Columns of a table whose values the migration changes, so that the rollback may write them: "" stands for all. */
function changedColumns(subject: Pair, table: ObjectName): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { operation } of subject.placedOperations) {
    if (operation.kind === "query") {
      for (const write of operation.query.writes) {
        if (!sameName(write.table, table)) continue;
        for (const column of write.columns) found.add(column);
        if (write.verb !== "update") found.add("");
      }
    }
    if (operation.kind !== "alter table" || !sameName(operation.table, table)) continue;
    const { command } = operation;
    if (command.kind === "add column") found.add(command.column.name);
    if ("column" in command && typeof command.column === "string") found.add(command.column);
  }
  return found;
}

/** What the rollback does to rows through views, parents, keys, triggers and functions, or by overwriting them. */
function unseenLosses(subject: Pair, isBrought: (table: ObjectName) => boolean): readonly Loss[] {
  const isWritten = (table: ObjectName): boolean =>
    subject.impacts.some(({ writes }) =>
      writes.some(({ object, verb }) => verb !== "delete" && sameName(object, table)),
    );
  return subject.rollbackImpacts.flatMap(({ statement, writes }) => {
    const placed = subject.rollbackOperations.find((one) => one.statement === statement);
    if (placed === undefined || statement.ledger !== null) return [];
    return writes.flatMap(({ object, verb, isNew, by }): readonly Loss[] => {
      if (isNew || verb === "insert" || isBrought(object)) return [];
      const through = by === null ? "" : ` (by ${by})`;
      if (verb !== "update") {
        // What the statement names itself is looked at below.
        if (by === null || (verb === "delete" && isWritten(object))) return [];
        return [
          {
            placed,
            what: `${verb === "delete" ? "deletes rows of" : "empties"} ${sqlName(object)}${through}`,
          },
        ];
      }
      const changed = changedColumns(subject, object);
      const set = subject.rollbackOperations
        .filter((one) => one.statement === statement)
        .flatMap(({ operation }) =>
          operation.kind === "query"
            ? operation.query.writes
                .filter((one) => sameName(one.table, object))
                .flatMap(({ columns }) => columns)
            : [],
        );
      const isAnswer =
        changed.has("") || (set.length > 0 && set.every((column) => changed.has(column)));
      if (isAnswer || (by !== null && isWritten(object))) return [];
      return [{ placed, what: `overwrites rows of ${sqlName(object)}${through}` }];
    });
  });
}

/** Losses of the rollback that are no inverse of anything, in its order. */
export function takenBeyond(subject: Pair): readonly Loss[] {
  const brings = [...subject.placedOperations, ...subject.rollbackOperations];
  const isBrought = (table: ObjectName): boolean =>
    table.schema === "pg_temp" || bringsTable(subject, brings, table);
  const named = subject.rollbackOperations.flatMap((placed): readonly Loss[] => {
    const { operation } = placed;
    if (placed.statement.ledger !== null) return [];
    switch (operation.kind) {
      case "drop":
        return operation.objects
          .filter((object) => isTable(object.kind) && !isBrought(object))
          .map((object) => ({ placed, what: `drops ${sqlName(object)}` }));
      case "truncate":
        return operation.tables
          .filter(({ name }) => !isBrought(name))
          .map(({ name }) => ({ placed, what: `empties ${sqlName(name)}` }));
      case "query":
        return operation.query.writes
          .filter(
            ({ verb, updatesOnConflict }) =>
              verb === "delete" || (verb === "merge" && updatesOnConflict),
          )
          .filter(({ table }) => !isBrought(table) && !bringsRows(subject.placedOperations, table))
          .map(({ table }) => ({ placed, what: `deletes rows of ${sqlName(table)}` }));
      case "alter table": {
        const { command, table, relation } = operation;
        if (command.kind !== "drop column" || relation !== "table" || isBrought(table)) return [];
        if (bringsColumn(subject, brings, table, command.column)) return [];
        return [{ placed, what: `drops the column ${sqlName(table)}.${command.column}` }];
      }
      default:
        return [];
    }
  });
  return [...named, ...unseenLosses(subject, isBrought)];
}
