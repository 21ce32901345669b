/**
 * What CREATE TABLE and ALTER TABLE make of the schema model.
 * Does NOT know other statements (see operationReplay) and what a change costs (see tableImpacts).
 */
import { sequenceName } from "../statements/generatedNames";
import type { CreateTable, OperationOf } from "../statements/operation";
import type { Column, CommandOf, Constraint, TableCommand } from "../statements/tableOperation";
import type { SchemaBuilder } from "./schemaBuilder";
import type { RelationId, RelationModel, SourceLine } from "./schemaModel";

/** Where an operation stands; `surely` is false where it may not run at all. */
export interface At {
  readonly place: SourceLine;
  readonly surely: boolean;
}

const keyTypes: ReadonlySet<string> = new Set(["primary key", "unique", "exclusion"]);

/** Adds a constraint to a table and to what is below it: partitions get all, heirs only what rows must fulfil. */
function addConstraint(
  builder: SchemaBuilder,
  id: RelationId,
  constraint: Constraint,
  at: At,
  above: RelationId | null = null,
): void {
  const index = builder.addConstraint(id, constraint, at.place, above);
  const table = builder.byId(id);
  const isKey = keyTypes.has(constraint.type);
  const passesOn = table?.partitionKey != null || ["check", "not null"].includes(constraint.type);
  if (table === null || !passesOn) return;
  for (const child of table.children) {
    addConstraint(builder, child, isKey ? { ...constraint, name: null } : constraint, at, index);
  }
}

const addSequence = (builder: SchemaBuilder, table: RelationId, column: Column, at: At): void => {
  if (column.default !== "serial" && column.default !== "identity") return;
  const ref = builder.byId(table)?.ref;
  if (ref === undefined) return;
  const name = { schema: ref.schema, name: sequenceName(ref.name, column.name) };
  const sequence = builder.add("sequence", name, at.place, at.surely, {
    table,
    column: column.name,
  });
  builder.change(table, ({ sequences }) => ({ sequences: [...sequences, sequence.id] }));
};

/** What a partition has from its table: keys, foreign keys and indexes, under names of its own. */
function takeOver(builder: SchemaBuilder, parent: RelationModel, id: RelationId, at: At): void {
  const { schema } = parent.ref;
  for (const constraint of parent.constraints) {
    const own = builder.byId(id)?.constraints ?? [];
    const has = own.some(
      ({ type, columns, target, onDelete, onUpdate, enforced }) =>
        type === constraint.type &&
        columns.join() === constraint.columns.join() &&
        target === constraint.target &&
        // A foreign key that does something else stays beside the one of the partitioned table.
        onDelete === constraint.onDelete &&
        onUpdate === constraint.onUpdate &&
        enforced === constraint.enforced,
    );
    if (has) continue;
    const isKey = keyTypes.has(constraint.type);
    const above = isKey ? (builder.relation({ schema, name: constraint.name })?.id ?? null) : null;
    builder.addConstraint(id, isKey ? { ...constraint, name: null } : constraint, at.place, above);
  }
  for (const index of builder.all(parent.indexes)) {
    const own = builder.all(builder.byId(id)?.indexes ?? []);
    if (own.some(({ parents }) => parents.includes(index.id)) || index.index === null) continue;
    const { columns, computed, unique, calls } = index.index;
    const alike = own.find(
      (one) => one.parents.length === 0 && one.index?.columns.join() === columns.join(),
    );
    if (alike !== undefined) builder.link(index.id, alike.id);
    else {
      const own = { name: null, columns, computed, unique, calls, surely: true };
      builder.addIndex(id, own, at.place, index.id);
    }
  }
}

/** Columns that LIKE, INHERITS or PARTITION OF bring along, where the files know them. */
function columnsOf(
  builder: SchemaBuilder,
  operation: CreateTable,
): { columns: RelationModel["columns"]; known: boolean } {
  const columns = new Map<string, Column>();
  let known = operation.query === null && operation.ofType === null;
  const above = operation.partitionOf === null ? [] : [operation.partitionOf];
  for (const source of [...operation.like, ...operation.inherits, ...above]) {
    const model = builder.relation(source);
    if (model?.columnsKnown !== true) known = false;
    for (const column of model?.columns.values() ?? []) columns.set(column.name, column);
  }
  for (const column of operation.columns) columns.set(column.name, column);
  return { columns, known };
}

/** CREATE TABLE in all its forms. */
export function createTable(builder: SchemaBuilder, operation: CreateTable, at: At): void {
  if (operation.ifNotExists && builder.relation(operation.table) !== null) return;
  const gone = builder.isGone(builder.nameForNew(operation.table));
  const { columns, known } = columnsOf(builder, operation);
  const { id } = builder.add(
    operation.foreign ? "foreign table" : "table",
    operation.table,
    at.place,
    at.surely && (!operation.ifNotExists || gone),
    {
      columns,
      columnsKnown: known,
      temporary: operation.temporary,
      ofType: operation.ofType,
      partitionKey: operation.partitionKey,
      calls: operation.keyCalls,
      isDefaultPartition: operation.isDefaultPartition,
    },
  );
  for (const name of operation.inherits) {
    const parent = builder.relation(name);
    if (parent === null) continue;
    builder.link(parent.id, id);
    for (const constraint of parent.constraints) {
      if (constraint.type === "check") builder.addConstraint(id, constraint, at.place);
    }
  }
  const parent = operation.partitionOf === null ? null : builder.relation(operation.partitionOf);
  if (parent !== null) {
    builder.link(parent.id, id);
    takeOver(builder, parent, id, at);
  }
  for (const constraint of operation.constraints) addConstraint(builder, id, constraint, at);
  for (const column of operation.columns) addSequence(builder, id, column, at);
}

type CommandReplay<K extends TableCommand["kind"]> = (
  builder: SchemaBuilder,
  table: RelationModel,
  command: CommandOf<K>,
  at: At,
) => void;

interface CommandRow<K extends TableCommand["kind"]> {
  readonly replay: CommandReplay<K>;
  /** Unless ONLY, it reaches partitions and inheriting tables too; ADD CONSTRAINT finds them by itself. */
  readonly reachesDown: boolean;
}

const alone = <K extends TableCommand["kind"]>(replay: CommandReplay<K>): CommandRow<K> => ({
  replay,
  reachesDown: false,
});
const onFamily = <K extends TableCommand["kind"]>(replay: CommandReplay<K>): CommandRow<K> => ({
  replay,
  reachesDown: true,
});

const changeColumn =
  (change: Partial<Column>) =>
  (
    builder: SchemaBuilder,
    { id }: RelationModel,
    { column }: { readonly column: string },
  ): void => {
    builder.changeColumn(id, column, change);
  };

/** Columns of a NOT NULL constraint that becomes valid or goes. */
function setNotNull(
  builder: SchemaBuilder,
  { id, constraints }: RelationModel,
  name: string,
  notNull: boolean,
): void {
  const found = constraints.find((one) => one.name === name);
  if (found?.type !== "not null") return;
  for (const column of found.columns) builder.changeColumn(id, column, { notNull });
}

/** It changes nothing that the model keeps. */
const none = (): void => undefined;

const commandReplays: { readonly [K in TableCommand["kind"]]: CommandRow<K> } = {
  "add column": onFamily((builder, { id, columns }, { column, constraints, ifNotExists }, at) => {
    if (ifNotExists && columns.has(column.name)) return;
    builder.setColumn(id, column);
    for (const constraint of constraints) builder.addConstraint(id, constraint, at.place);
    addSequence(builder, id, column, at);
  }),
  "drop column": onFamily((builder, { id }, { column }) => {
    builder.dropColumn(id, column);
  }),
  "alter type": onFamily((builder, { id }, { column, type, collation }) => {
    builder.changeColumn(id, column, { type, collation });
  }),
  "set not null": onFamily(changeColumn({ notNull: true })),
  "drop not null": onFamily(changeColumn({ notNull: false })),
  "set default": onFamily((builder, { id }, { column, default: kind, calls }) => {
    builder.changeColumn(id, column, { default: kind, calls });
  }),
  "drop default": onFamily(changeColumn({ default: "none", calls: [] })),
  "drop identity": alone((builder, { id, sequences }, { column }) => {
    builder.changeColumn(id, column, { default: "none" });
    for (const sequence of builder.all(sequences)) {
      if (sequence.column === column) builder.remove(sequence.id);
    }
  }),
  "drop expression": onFamily(changeColumn({ default: "none", calls: [] })),
  "add identity": alone((builder, { id, columns }, { column }, at) => {
    builder.changeColumn(id, column, { default: "identity", notNull: true });
    const known = columns.get(column);
    if (known !== undefined) addSequence(builder, id, { ...known, default: "identity" }, at);
  }),
  "add constraint": alone((builder, { id }, { constraint }, at) => {
    addConstraint(builder, id, constraint, at);
  }),
  "drop constraint": onFamily((builder, table, { constraint, cascade }) => {
    setNotNull(builder, table, constraint, false);
    const key = table.constraints.find(({ name }) => name === constraint);
    if (cascade && key !== undefined) {
      const isPrimary = key.type === "primary key";
      builder.dropReferencing(table.id, (columns) =>
        columns.length === 0
          ? isPrimary
          : [...columns].sort().join() === [...key.columns].sort().join(),
      );
    }
    builder.dropConstraint(table.id, constraint);
  }),
  "validate constraint": onFamily((builder, table, { constraint }) => {
    builder.changeConstraint(table.id, constraint, { valid: true });
    setNotNull(builder, table, constraint, true);
  }),
  "attach partition": alone((builder, parent, { partition, isDefault }, at) => {
    const child = builder.relation(partition);
    if (child === null) return;
    builder.link(parent.id, child.id);
    if (parent.ref.kind === "index") return;
    builder.change(child.id, () => ({ isDefaultPartition: isDefault }));
    takeOver(builder, parent, child.id, at);
  }),
  "detach partition": alone((builder, parent, { partition }) => {
    const child = builder.relation(partition);
    if (child === null) return;
    builder.unlink(parent.id, child.id);
    for (const index of builder.all(child.indexes)) {
      for (const above of index.parents) builder.unlink(above, index.id);
    }
  }),
  "force row security": alone((builder, { id }) => {
    builder.change(id, () => ({ forcesPolicies: true }));
  }),
  "no force row security": alone((builder, { id }) => {
    builder.change(id, () => ({ forcesPolicies: false }));
  }),
  "of type": alone((builder, { id }, { type }) => {
    builder.change(id, () => ({ ofType: type }));
  }),
  "not of type": alone((builder, { id }) => {
    builder.change(id, () => ({ ofType: null }));
  }),
  inherit: alone((builder, { id }, { parent }) => {
    const above = builder.relation(parent);
    if (above !== null) builder.link(above.id, id);
  }),
  "no inherit": alone((builder, { id }, { parent }) => {
    const above = builder.relation(parent);
    if (above !== null) builder.unlink(above.id, id);
  }),
  "set expression": alone(none),
  "set identity": alone(none),
  "restart identity": alone(none),
  "set statistics": alone(none),
  "set column options": alone(none),
  "set storage": alone(none),
  "set compression": alone(none),
  "set foreign options": alone(none),
  "alter constraint": onFamily((builder, { id }, { constraint, enforced }) => {
    // PostgreSQL looks at all rows when it puts a constraint into force.
    if (enforced !== null) builder.changeConstraint(id, constraint, { enforced, valid: enforced });
  }),
  "set options": alone(none),
  "reset options": alone(none),
  "owner to": alone(none),
  "cluster on": alone(none),
  "set without cluster": alone(none),
  "set logged": alone(none),
  "set unlogged": alone(none),
  "set without oids": alone(none),
  "set access method": alone(none),
  "set tablespace": alone(none),
  "enable trigger": alone(none),
  "enable always trigger": alone(none),
  "enable replica trigger": alone(none),
  "disable trigger": alone(none),
  "enable rule": alone(none),
  "enable always rule": alone(none),
  "enable replica rule": alone(none),
  "disable rule": alone(none),
  "replica identity": alone(none),
  "enable row security": alone(none),
  "disable row security": alone(none),
  "set foreign table options": alone(none),
  "unknown command": alone(none),
};

/** One command of ALTER TABLE. */
export function alterTable(
  builder: SchemaBuilder,
  operation: OperationOf<"alter table">,
  at: At,
): void {
  const table = builder.relation(operation.table);
  if (table === null) return;
  const { command, only } = operation;
  const { replay, reachesDown } = commandReplays[command.kind] as CommandRow<typeof command.kind>;
  const reached = reachesDown && !only ? builder.family(table) : [table];
  for (const one of reached) replay(builder, one, command, at);
}

/** CREATE INDEX, also on the partitions. */
export function createIndex(
  builder: SchemaBuilder,
  operation: OperationOf<"create index">,
  at: At,
): void {
  const table = builder.relation(operation.table);
  if (table === null) return;
  const { name, columns, keys, computed, unique, calls, ifNotExists, only } = operation;
  const taken = name === null ? null : builder.relation({ schema: table.ref.schema, name });
  if (ifNotExists && taken !== null) return;
  const index = { columns, keys, computed, unique, calls, surely: at.surely && !ifNotExists };
  const add = (id: RelationId, own: string | null, above: RelationId | null): void => {
    const made = builder.addIndex(id, { ...index, name: own }, at.place, above);
    const relation = builder.byId(id);
    if (only || relation?.partitionKey == null) return;
    for (const child of relation.children) add(child, null, made);
  };
  add(table.id, name, null);
}
