/**
 * What a rollback takes away that its migration has not brought: tables, columns, rows.
 * Does NOT look for what it leaves (see netChanges), nor for changes without loss: the proof compares catalogs.
 */
import type { ObjectName } from "../../sql/objectName";
import { sqlName } from "../../sql/sqlText";
import { answerOf } from "../../statements/answerOf";
import type { Operation, OperationOf } from "../../statements/operation";
import {
  columnCommands,
  type CommandOf,
  forAll,
  plainCommands,
  type TableCommand,
} from "../../statements/tableOperation";
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

/** Operations in front of one, the nearest first: those of the rollback, then those of the migration. */
function before(pair: Pair, placed: PlacedOperation): readonly PlacedOperation[] {
  const at = pair.rollbackOperations.indexOf(placed);
  const own = at < 0 ? pair.rollbackOperations : pair.rollbackOperations.slice(0, at);
  return [...pair.placedOperations, ...own].toReversed();
}

/** What a relation was called before an operation, when the operation gave it its name; null when it did not. */
function nameBefore({ operation }: PlacedOperation, table: ObjectName): ObjectName | null {
  if (operation.kind === "rename" && operation.part === null) {
    const now = { schema: operation.object.schema, name: operation.to };
    return sameName(now, table) ? operation.object : null;
  }
  if (operation.kind !== "set schema") return null;
  const now = { ...operation.object, schema: operation.schema };
  return sameName(now, table) ? operation.object : null;
}

/**
 * True when what has this name at a place of the rollback was made by the migration, or by the rollback itself: traced
 * back through its names. A name that an old table was given brings nothing.
 */
function bringsTable(
  pair: Pair,
  operations: readonly PlacedOperation[],
  table: ObjectName,
): boolean {
  let name = table;
  for (const placed of operations) {
    const { operation, statement } = placed;
    const earlier = nameBefore(placed, name);
    if (earlier !== null) name = earlier;
    if (operation.kind !== "create table" || !sameName(operation.table, name)) continue;
    const mayBeOld = operation.ifNotExists || statement.kind === "DO";
    if (!mayBeOld || pair.before.relation(name) === null) return true;
  }
  return false;
}

/** True when the column of this name at a place of the rollback was added by the migration, or by the rollback itself. */
function bringsColumn(
  pair: Pair,
  operations: readonly PlacedOperation[],
  table: ObjectName,
  column: string,
): boolean {
  let name = column;
  let home = table;
  const isOld = (): boolean => pair.before.relation(home)?.columns.has(name) === true;
  const isDropped = (one: PlacedOperation): boolean => dropsColumn(one, home, name);
  for (const placed of operations) {
    const { operation } = placed;
    home = nameBefore(placed, home) ?? home;
    if (operation.kind === "rename" && operation.part?.kind === "column") {
      if (sameName(operation.object, home) && operation.to === name) name = operation.part.name;
      continue;
    }
    if (operation.kind !== "alter table" || !sameName(operation.table, home)) continue;
    const { command } = operation;
    if (command.kind !== "add column" || command.column.name !== name) continue;
    // IF NOT EXISTS adds nothing where an earlier file has.
    if (!(command.ifNotExists && isOld()) || operations.some(isDropped)) return true;
  }
  return false;
}

const dropsColumn = ({ operation }: PlacedOperation, table: ObjectName, column: string): boolean =>
  operation.kind === "alter table" &&
  sameName(operation.table, table) &&
  operation.command.kind === "drop column" &&
  operation.command.column === column;

/** What the migration does to a column's type; undefined where it does nothing. */
const typeChangeOf = (
  { placedOperations }: Pair,
  table: ObjectName,
  column: string,
): Extract<TableCommand, { kind: "alter type" }> | undefined =>
  placedOperations
    .flatMap(({ operation }) =>
      operation.kind === "alter table" &&
      sameName(operation.table, table) &&
      operation.command.kind === "alter type" &&
      operation.command.column === column
        ? [operation.command]
        : [],
    )
    .at(-1);

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

/** Sequences that the rollback sets, and the migration does not make. */
function resets(pair: Pair): readonly Loss[] {
  return pair.rollbackImpacts.flatMap(({ statement, resets: sequences }) => {
    const placed = pair.rollbackOperations.find((one) => one.statement === statement);
    if (placed === undefined || statement.ledger !== null) return [];
    return sequences
      .filter((sequence) => !isMade(pair, sequence))
      .map((sequence) => ({ placed, what: `sets the sequence ${sqlName(sequence)}` }));
  });
}

const isMade = ({ placedOperations }: Pair, sequence: ObjectName): boolean =>
  placedOperations.some(
    ({ operation }) =>
      (operation.kind === "create sequence" && sameName(operation.sequence, sequence)) ||
      (operation.kind === "create table" && sequence.name.startsWith(`${operation.table.name}_`)),
  );

/** Where an operation of the rollback stands. */
interface Place {
  readonly pair: Pair;
  /** The operations in front of it. */
  readonly at: readonly PlacedOperation[];
  /** True for a table that these have made. */
  readonly isBrought: (table: ObjectName) => boolean;
}

/** It takes nothing away by itself. */
const none = (): readonly string[] => [];

const commandLosses: {
  readonly [K in TableCommand["kind"]]: (
    place: Place,
    table: ObjectName,
    command: CommandOf<K>,
  ) => readonly string[];
} = {
  ...forAll(columnCommands, none),
  ...forAll(plainCommands, none),
  "alter type": ({ pair, at }, table, { column, computed }) => {
    const change = typeChangeOf(pair, table, column);
    const isOwn = bringsColumn(pair, at, table, column);
    if (isOwn || (change !== undefined && (change.computed || !computed))) return [];
    return [`changes the type of ${sqlName(table)}.${column}`];
  },
  "drop column": ({ pair, at }, table, { column }) =>
    bringsColumn(pair, at, table, column) ? [] : [`drops the column ${sqlName(table)}.${column}`],
  "add column": none,
  "set default": none,
  "add constraint": none,
  "drop constraint": none,
  "validate constraint": none,
  "alter constraint": none,
  "attach partition": none,
  "detach partition": none,
  inherit: none,
  "no inherit": none,
  "of type": none,
  "set options": none,
  "reset options": none,
  "unknown command": none,
};

const losses: {
  readonly [K in Operation["kind"]]: (place: Place, operation: OperationOf<K>) => readonly string[];
} = {
  drop: ({ isBrought }, { objects }) =>
    objects
      .filter((object) => isTable(object.kind) && !isBrought(object))
      .map((object) => `drops ${sqlName(object)}`),
  truncate: ({ isBrought }, { tables }) =>
    tables.filter(({ name }) => !isBrought(name)).map(({ name }) => `empties ${sqlName(name)}`),
  query: ({ pair, isBrought }, { query }) =>
    query.writes
      .filter(
        ({ verb, updatesOnConflict }) =>
          verb === "delete" || (verb === "merge" && updatesOnConflict),
      )
      .filter(({ table }) => !isBrought(table) && !bringsRows(pair.placedOperations, table))
      .map(({ table }) => `deletes rows of ${sqlName(table)}`),
  "alter table": (place, { command, table, relation }) => {
    if (relation !== "table" || place.isBrought(table)) return [];
    return answerOf(commandLosses, command, place, table);
  },
  "create table": none,
  "create view": none,
  refresh: none,
  "create index": none,
  reindex: none,
  rename: none,
  "set schema": none,
  "set owner": none,
  comment: none,
  "create type": none,
  "add enum value": none,
  "rename enum value": none,
  "alter domain": none,
  "create on table": none,
  "alter policy": none,
  "create function": none,
  "create sequence": none,
  "alter sequence": none,
  "create statistics": none,
  create: none,
  copy: none,
  vacuum: none,
  analyze: none,
  cluster: none,
  lock: none,
  call: none,
  do: none,
  "search path": none,
  publication: none,
  privileges: none,
  session: none,
  unknown: none,
};

/** What an operation of the rollback takes that it names itself. */
function lossesOf(pair: Pair, placed: PlacedOperation): readonly Loss[] {
  const { operation } = placed;
  if (placed.statement.ledger !== null) return [];
  const at = before(pair, placed);
  const isBrought = (table: ObjectName): boolean => isBroughtAt(pair, at, table);
  const place: Place = { pair, at, isBrought };
  return answerOf(losses, operation, place).map((what) => ({ placed, what }));
}

const isBroughtAt = (
  pair: Pair,
  operations: readonly PlacedOperation[],
  table: ObjectName,
): boolean => table.schema === "pg_temp" || bringsTable(pair, operations, table);

/** Losses of the rollback that are no inverse of anything, in its order. */
export function takenBeyond(subject: Pair): readonly Loss[] {
  const all = [...subject.placedOperations, ...subject.rollbackOperations].toReversed();
  const named = subject.rollbackOperations.flatMap((placed) => lossesOf(subject, placed));
  const unseen = unseenLosses(subject, (table) => isBroughtAt(subject, all, table));
  return [...named, ...unseen, ...resets(subject)];
}
