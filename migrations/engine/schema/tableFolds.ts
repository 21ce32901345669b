/**
 * What CREATE TABLE and ALTER TABLE make of the schema model.
 * Does NOT know other statements (see actionFolds) and what a change costs (see tableEffects).
 */
import type { ActionOf, CreateTable } from "../statements/action";
import { sequenceName } from "../statements/madeUpNames";
import type { Column, CommandOf, Constraint, TableCommand } from "../statements/tableAction";
import type { SchemaDraft } from "./schemaDraft";
import type { Place, RelationId, RelationModel } from "./schemaModel";

/** Where an action stands; `surely` is false where it may not run at all. */
export interface At {
  readonly place: Place;
  readonly surely: boolean;
}

const keyTypes: ReadonlySet<string> = new Set(["primary key", "unique", "exclusion"]);

/** Adds a constraint to a table and to what is below it: partitions get all, heirs only what rows must fulfil. */
function addConstraint(
  draft: SchemaDraft,
  id: RelationId,
  constraint: Constraint,
  at: At,
  above: RelationId | null = null,
): void {
  const index = draft.addConstraint(id, constraint, at.place, above);
  const table = draft.byId(id);
  const isKey = keyTypes.has(constraint.type);
  const passesOn = table?.partitionKey != null || ["check", "not null"].includes(constraint.type);
  if (table === null || !passesOn) return;
  for (const child of table.children) {
    addConstraint(draft, child, isKey ? { ...constraint, name: null } : constraint, at, index);
  }
}

const addSequence = (draft: SchemaDraft, table: RelationId, column: Column, at: At): void => {
  if (column.default !== "serial" && column.default !== "identity") return;
  const ref = draft.byId(table)?.ref;
  if (ref === undefined) return;
  const name = { schema: ref.schema, name: sequenceName(ref.name, column.name) };
  const sequence = draft.add("sequence", name, at.place, at.surely, { table, column: column.name });
  draft.change(table, ({ sequences }) => ({ sequences: [...sequences, sequence.id] }));
};

/** What a partition has from its table: keys, foreign keys and indexes, under names of its own. */
function takeOver(draft: SchemaDraft, parent: RelationModel, id: RelationId, at: At): void {
  const { schema } = parent.ref;
  for (const constraint of parent.constraints) {
    const own = draft.byId(id)?.constraints ?? [];
    const has = own.some(
      ({ type, columns, target }) =>
        type === constraint.type &&
        columns.join() === constraint.columns.join() &&
        target === constraint.target,
    );
    if (has) continue;
    const isKey = keyTypes.has(constraint.type);
    const above = isKey ? (draft.relation({ schema, name: constraint.name })?.id ?? null) : null;
    draft.addConstraint(id, isKey ? { ...constraint, name: null } : constraint, at.place, above);
  }
  for (const index of draft.all(parent.indexes)) {
    const own = draft.all(draft.byId(id)?.indexes ?? []);
    if (own.some(({ parents }) => parents.includes(index.id)) || index.index === null) continue;
    const { columns, computed, calls } = index.index;
    const alike = own.find(
      (one) => one.parents.length === 0 && one.index?.columns.join() === columns.join(),
    );
    if (alike !== undefined) draft.link(index.id, alike.id);
    else {
      const own = { name: null, columns, computed, calls, surely: true };
      draft.addIndex(id, own, at.place, index.id);
    }
  }
}

/** Columns that LIKE, INHERITS or PARTITION OF bring along, where the files know them. */
function columnsOf(
  draft: SchemaDraft,
  action: CreateTable,
): { columns: RelationModel["columns"]; known: boolean } {
  const columns = new Map<string, Column>();
  let known = action.query === null && action.ofType === null;
  const above = action.partitionOf === null ? [] : [action.partitionOf];
  for (const source of [...action.like, ...action.inherits, ...above]) {
    const model = draft.relation(source);
    if (model?.columnsKnown !== true) known = false;
    for (const column of model?.columns.values() ?? []) columns.set(column.name, column);
  }
  for (const column of action.columns) columns.set(column.name, column);
  return { columns, known };
}

/** CREATE TABLE in all its forms. */
export function createTable(draft: SchemaDraft, action: CreateTable, at: At): void {
  if (action.ifNotExists && draft.relation(action.table) !== null) return;
  const gone = draft.isGone(draft.nameForNew(action.table));
  const { columns, known } = columnsOf(draft, action);
  const { id } = draft.add(
    action.foreign ? "foreign table" : "table",
    action.table,
    at.place,
    at.surely && (!action.ifNotExists || gone),
    {
      columns,
      columnsKnown: known,
      temporary: action.temporary,
      ofType: action.ofType,
      partitionKey: action.partitionKey,
      isDefaultPartition: action.isDefaultPartition,
    },
  );
  for (const name of action.inherits) {
    const parent = draft.relation(name);
    if (parent === null) continue;
    draft.link(parent.id, id);
    for (const constraint of parent.constraints) {
      if (constraint.type === "check") draft.addConstraint(id, constraint, at.place);
    }
  }
  const parent = action.partitionOf === null ? null : draft.relation(action.partitionOf);
  if (parent !== null) {
    draft.link(parent.id, id);
    takeOver(draft, parent, id, at);
  }
  for (const constraint of action.constraints) addConstraint(draft, id, constraint, at);
  for (const column of action.columns) addSequence(draft, id, column, at);
}

type CommandFold<K extends TableCommand["kind"]> = (
  draft: SchemaDraft,
  table: RelationModel,
  command: CommandOf<K>,
  at: At,
) => void;

const changeColumn =
  (change: Partial<Column>) =>
  (draft: SchemaDraft, { id }: RelationModel, { column }: { readonly column: string }): void => {
    draft.changeColumn(id, column, change);
  };

/** Columns of a NOT NULL constraint that becomes valid or goes. */
function setNotNull(
  draft: SchemaDraft,
  { id, constraints }: RelationModel,
  name: string,
  notNull: boolean,
): void {
  const found = constraints.find((one) => one.name === name);
  if (found?.type !== "not null") return;
  for (const column of found.columns) draft.changeColumn(id, column, { notNull });
}

/** Commands that are not here change nothing that the model keeps. */
const commandFolds: { readonly [K in TableCommand["kind"]]?: CommandFold<K> } = {
  "add column": (draft, { id, columns }, { column, constraints, ifNotExists }, at) => {
    if (ifNotExists && columns.has(column.name)) return;
    draft.setColumn(id, column);
    for (const constraint of constraints) draft.addConstraint(id, constraint, at.place);
    addSequence(draft, id, column, at);
  },
  "drop column": (draft, { id }, { column }) => {
    draft.dropColumn(id, column);
  },
  "alter type": (draft, { id }, { column, type, collation }) => {
    draft.changeColumn(id, column, { type, collation });
  },
  "set not null": changeColumn({ notNull: true }),
  "drop not null": changeColumn({ notNull: false }),
  "set default": (draft, { id }, { column, default: kind, calls }) => {
    draft.changeColumn(id, column, { default: kind, calls });
  },
  "drop default": changeColumn({ default: "none", calls: [] }),
  "drop identity": (draft, { id, sequences }, { column }) => {
    draft.changeColumn(id, column, { default: "none" });
    for (const sequence of draft.all(sequences)) {
      if (sequence.column === column) draft.remove(sequence.id);
    }
  },
  "drop expression": changeColumn({ default: "none", calls: [] }),
  "add identity": (draft, { id, columns }, { column }, at) => {
    draft.changeColumn(id, column, { default: "identity", notNull: true });
    const known = columns.get(column);
    if (known !== undefined) addSequence(draft, id, { ...known, default: "identity" }, at);
  },
  "add constraint": (draft, { id }, { constraint }, at) => {
    addConstraint(draft, id, constraint, at);
  },
  "drop constraint": (draft, table, { constraint, cascade }) => {
    setNotNull(draft, table, constraint, false);
    const key = table.constraints.find(({ name }) => name === constraint);
    if (cascade && key !== undefined) {
      const isPrimary = key.type === "primary key";
      draft.dropReferencing(table.id, (columns) =>
        columns.length === 0
          ? isPrimary
          : [...columns].sort().join() === [...key.columns].sort().join(),
      );
    }
    draft.dropConstraint(table.id, constraint);
  },
  "validate constraint": (draft, table, { constraint }) => {
    draft.changeConstraint(table.id, constraint, { valid: true });
    setNotNull(draft, table, constraint, true);
  },
  "attach partition": (draft, parent, { partition, isDefault }, at) => {
    const child = draft.relation(partition);
    if (child === null) return;
    draft.link(parent.id, child.id);
    if (parent.ref.kind === "index") return;
    draft.change(child.id, () => ({ isDefaultPartition: isDefault }));
    takeOver(draft, parent, child.id, at);
  },
  "detach partition": (draft, parent, { partition }) => {
    const child = draft.relation(partition);
    if (child === null) return;
    draft.unlink(parent.id, child.id);
    for (const index of draft.all(child.indexes)) {
      for (const above of index.parents) draft.unlink(above, index.id);
    }
  },
  "force row security": (draft, { id }) => {
    draft.change(id, () => ({ forcesPolicies: true }));
  },
  "no force row security": (draft, { id }) => {
    draft.change(id, () => ({ forcesPolicies: false }));
  },
  "of type": (draft, { id }, { type }) => {
    draft.change(id, () => ({ ofType: type }));
  },
  "not of type": (draft, { id }) => {
    draft.change(id, () => ({ ofType: null }));
  },
  inherit: (draft, { id }, { parent }) => {
    const above = draft.relation(parent);
    if (above !== null) draft.link(above.id, id);
  },
  "no inherit": (draft, { id }, { parent }) => {
    const above = draft.relation(parent);
    if (above !== null) draft.unlink(above.id, id);
  },
};

/** Commands that reach partitions and inheriting tables too; ADD CONSTRAINT finds them by itself. */
const passedDown: ReadonlySet<string> = new Set([
  "add column",
  "drop column",
  "alter type",
  "set not null",
  "drop not null",
  "set default",
  "drop default",
  "drop expression",
  "drop constraint",
  "validate constraint",
]);

/** One command of ALTER TABLE. */
export function alterTable(draft: SchemaDraft, action: ActionOf<"alter table">, at: At): void {
  const table = draft.relation(action.table);
  if (table === null) return;
  const { command, only } = action;
  const fold = commandFolds[command.kind] as CommandFold<typeof command.kind> | undefined;
  const reached = passedDown.has(command.kind) && !only ? draft.family(table) : [table];
  for (const one of reached) fold?.(draft, one, command, at);
}

/** CREATE INDEX, also on the partitions. */
export function createIndex(draft: SchemaDraft, action: ActionOf<"create index">, at: At): void {
  const table = draft.relation(action.table);
  if (table === null) return;
  const { name, columns, keys, computed, calls, ifNotExists, only } = action;
  const taken = name === null ? null : draft.relation({ schema: table.ref.schema, name });
  if (ifNotExists && taken !== null) return;
  const index = { columns, keys, computed, calls, surely: at.surely && !ifNotExists };
  const add = (id: RelationId, own: string | null, above: RelationId | null): void => {
    const made = draft.addIndex(id, { ...index, name: own }, at.place, above);
    const relation = draft.byId(id);
    if (only || relation?.partitionKey == null) return;
    for (const child of relation.children) add(child, null, made);
  };
  add(table.id, name, null);
}
