/**
 * What the rules of this folder share (constraints).
 * Does NOT hold a rule and does NOT cover columns (see columns).
 */
import { type ObjectName } from "../../../sql/objectName";
import { quoted, sqlName } from "../../../sql/sqlText";
import { type Constraint } from "../../../statements/tableOperation";
import { type PlacedOperation } from "../../input/placedOperation";
import { placedOfKind, type Subject } from "../../input/subject";

/** A constraint that an ALTER TABLE adds to a table which was there before. */
interface Added {
  readonly placed: PlacedOperation;
  readonly table: ObjectName;
  readonly constraint: Constraint;
  /** It comes with a new column, whose rows are all NULL. */
  readonly onEmptyColumn: boolean;
}

export function addedTo(subject: Subject, type: Constraint["type"]): readonly Added[] {
  return placedOfKind(subject.placedOperations, "alter table")
    .filter(
      (placed) =>
        placed.operation.relation === "table" && !subject.isNew(placed.operation.table, placed),
    )
    .flatMap((placed): readonly Added[] => {
      const { command, table } = placed.operation;
      if (command.kind === "add constraint") {
        return [{ placed, table, constraint: command.constraint, onEmptyColumn: false }];
      }
      if (command.kind !== "add column") return [];
      const onEmptyColumn = command.column.default === "none";
      return command.constraints.map((constraint) => ({
        placed,
        table,
        constraint,
        onEmptyColumn,
      }));
    })
    .filter(({ constraint }) => constraint.type === type);
}

/** What the author calls the constraint, or would be wise to call it. */
export const nameOf = ({ table, constraint }: Added, suffix: string): string =>
  quoted(constraint.name ?? [table.name, ...constraint.columns, suffix].join("_"));

export const columnList = ({ constraint }: Added): string =>
  constraint.columns.map(quoted).join(", ");

/** Uniqueness takes an index, and that can be built while the table is in use. */
export const throughIndex = (
  added: Added,
  form: "UNIQUE" | "PRIMARY KEY",
  suffix: string,
): string => {
  const [table, name] = [sqlName(added.table), nameOf(added, suffix)];
  return (
    `behind the COMMIT: CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ${name} ON ${table} (${columnList(added)}); ` +
    `then ALTER TABLE ${table} ADD CONSTRAINT ${name} ${form} USING INDEX ${name};`
  );
};
