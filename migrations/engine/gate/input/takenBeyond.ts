/**
 * What a rollback takes away that its migration has not brought: tables, columns, rows.
 * Does NOT look for what it leaves (see netChanges), nor for changes without loss: the proof compares catalogs.
 */
import type { ObjectName } from "../../sql/objectName";
import { sqlName } from "../../sql/sqlText";
import { type Act } from "./act";
import { sameName, type Subject } from "./subject";

interface Loss {
  readonly act: Act;
  /** "drops dagapp.notes" */
  readonly what: string;
}

const isTable = (kind: string): boolean => kind === "table" || kind === "foreign table";

/** True when one of the acts brings the table: makes it where no earlier file has, or gives it this name. */
function bringsTable(subject: Subject, acts: readonly Act[], table: ObjectName): boolean {
  return acts.some(({ action, statement }) => {
    if (action.kind === "create table" && sameName(action.table, table)) {
      const mayBeOld = action.ifNotExists || statement.kind === "DO";
      return !mayBeOld || subject.before.relation(table) === null;
    }
    if (action.kind === "rename" && action.part === null) {
      return sameName({ ...action.object, name: action.to }, table);
    }
    return (
      action.kind === "set schema" && sameName({ ...action.object, schema: action.schema }, table)
    );
  });
}

/** True when one of the acts brings the column, by adding it or by giving it this name. */
function bringsColumn(
  subject: Subject,
  acts: readonly Act[],
  table: ObjectName,
  column: string,
): boolean {
  const isOld = subject.before.relation(table)?.columns.has(column) === true;
  return acts.some(({ action }) => {
    if (action.kind === "rename" && action.part?.kind === "column") {
      return sameName(action.object, table) && action.to === column;
    }
    if (action.kind !== "alter table" || !sameName(action.table, table)) return false;
    const { command } = action;
    if (command.kind !== "add column" || command.column.name !== column) return false;
    return !(command.ifNotExists && isOld) || acts.some((one) => dropsColumn(one, table, column));
  });
}

const dropsColumn = ({ action }: Act, table: ObjectName, column: string): boolean =>
  action.kind === "alter table" &&
  sameName(action.table, table) &&
  action.command.kind === "drop column" &&
  action.command.column === column;

/** True when one of the acts writes rows of the table. */
const bringsRows = (acts: readonly Act[], table: ObjectName): boolean =>
  acts.some(
    ({ action }) =>
      action.kind === "query" &&
      action.query.writes.some((write) => write.verb !== "delete" && sameName(write.table, table)),
  );

/** Losses of the rollback that are no inverse of anything, in its order. */
export function takenBeyond(subject: Subject): readonly Loss[] {
  const brings = [...subject.acts, ...subject.rollbackActs];
  const isBrought = (table: ObjectName): boolean =>
    table.schema === "pg_temp" || bringsTable(subject, brings, table);
  return subject.rollbackActs.flatMap((act): readonly Loss[] => {
    const { action } = act;
    if (act.statement.ledger !== null) return [];
    switch (action.kind) {
      case "drop":
        return action.objects
          .filter((object) => isTable(object.kind) && !isBrought(object))
          .map((object) => ({ act, what: `drops ${sqlName(object)}` }));
      case "truncate":
        return action.tables
          .filter(({ name }) => !isBrought(name))
          .map(({ name }) => ({ act, what: `empties ${sqlName(name)}` }));
      case "query":
        return action.query.writes
          .filter(
            ({ verb, updatesOnConflict }) =>
              verb === "delete" || (verb === "merge" && updatesOnConflict),
          )
          .filter(({ table }) => !isBrought(table) && !bringsRows(subject.acts, table))
          .map(({ table }) => ({ act, what: `deletes rows of ${sqlName(table)}` }));
      case "alter table": {
        const { command, table, relation } = action;
        if (command.kind !== "drop column" || relation !== "table" || isBrought(table)) return [];
        if (bringsColumn(subject, brings, table, command.column)) return [];
        return [{ act, what: `drops the column ${sqlName(table)}.${command.column}` }];
      }
      default:
        return [];
    }
  });
}
