/**
 * Folds the statements of migration files into a schema model: what is there before a file, before a statement.
 * Does NOT run anything, and takes every statement as carried out (rollback files are no part of it).
 */
import type { Action, ActionOf, CommandOf, Constraint, CreateTable, TableCommand } from "./action";
import type { ObjectRef } from "./effect";
import type { MigrationFile } from "./file";
import { SchemaDraft } from "./schemaDraft";
import { type Place, type RelationId, type RelationModel, SchemaModel } from "./schemaModel";
import type { Statement } from "./statements";

/** What an action is applied with. `surely` is false where it may not run at all. */
interface At {
  readonly place: Place;
  readonly surely: boolean;
}

function addConstraints(
  draft: SchemaDraft,
  id: RelationId,
  constraints: readonly Constraint[],
  { place }: At,
): void {
  for (const constraint of constraints) draft.addConstraint(id, constraint, place);
}

/** Columns and keys that LIKE, INHERITS or PARTITION OF bring along, where the files know them. */
function inherited(
  draft: SchemaDraft,
  action: CreateTable,
): { columns: RelationModel["columns"]; known: boolean } {
  const columns = new Map<string, CreateTable["columns"][number]>();
  let known = action.query === null;
  const parents = [
    ...action.inherits,
    ...(action.partitionOf === null ? [] : [action.partitionOf]),
  ];
  for (const source of [...action.like, ...parents]) {
    const model = draft.relation(source);
    if (model?.columnsKnown !== true) known = false;
    for (const column of model?.columns.values() ?? []) columns.set(column.name, column);
  }
  for (const column of action.columns) columns.set(column.name, column);
  return { columns, known };
}

function createTable(draft: SchemaDraft, action: CreateTable, at: At): void {
  if (action.ifNotExists && draft.relation(action.table) !== null) return;
  const gone = draft.isGone(draft.nameForNew(action.table));
  const { columns, known } = inherited(draft, action);
  const { id } = draft.add(
    action.foreign ? "foreign table" : "table",
    action.table,
    at.place,
    at.surely && (!action.ifNotExists || gone),
    {
      columns,
      columnsKnown: known,
      temporary: action.temporary,
      partitionKey: action.partitionKey,
      isDefaultPartition: action.isDefaultPartition,
    },
  );
  const parents = [
    ...action.inherits,
    ...(action.partitionOf === null ? [] : [action.partitionOf]),
  ];
  for (const name of parents) {
    const parent = draft.relation(name);
    if (parent === null) continue;
    draft.link(parent.id, id);
    const passedOn =
      action.partitionOf === null
        ? ["check", "not null"]
        : ["check", "not null", "foreign key", "primary key", "unique"];
    addConstraints(
      draft,
      id,
      parent.constraints
        .filter(({ type }) => passedOn.includes(type))
        .map((one) => ({ ...one, name: one.type === "check" ? one.name : null })),
      at,
    );
  }
  addConstraints(draft, id, action.constraints, at);
  for (const column of action.columns) {
    if (column.default !== "serial" && column.default !== "identity") continue;
    addSequence(draft, id, `${action.table.name}_${column.name}_seq`, at);
  }
}

function addSequence(draft: SchemaDraft, table: RelationId, name: string, at: At): void {
  const schema = draft.byId(table)?.ref.schema ?? null;
  const sequence = draft.add("sequence", { schema, name }, at.place, at.surely, { table });
  draft.change(table, ({ sequences }) => ({ sequences: [...sequences, sequence.id] }));
}

type CommandFold<K extends TableCommand["kind"]> = (
  draft: SchemaDraft,
  table: RelationModel,
  command: CommandOf<K>,
  at: At,
) => void;

/** Commands that are not here change nothing that the model keeps. */
const commandFolds: { readonly [K in TableCommand["kind"]]?: CommandFold<K> } = {
  "add column": (draft, { id, ref, columns }, { column, constraints, ifNotExists }, at) => {
    if (ifNotExists && columns.has(column.name)) return;
    draft.setColumn(id, column);
    addConstraints(draft, id, constraints, at);
    if (column.default === "serial" || column.default === "identity") {
      addSequence(draft, id, `${ref.name}_${column.name}_seq`, at);
    }
  },
  "drop column": (draft, { id }, { column }) => {
    draft.dropColumn(id, column);
  },
  "alter type": (draft, { id }, { column, type, collation }) => {
    draft.changeColumn(id, column, { type, collation });
  },
  "set not null": (draft, { id }, { column }) => {
    draft.changeColumn(id, column, { notNull: true });
  },
  "drop not null": (draft, { id }, { column }) => {
    draft.changeColumn(id, column, { notNull: false });
  },
  "set default": (draft, { id }, { column, default: kind }) => {
    draft.changeColumn(id, column, { default: kind });
  },
  "drop default": (draft, { id }, { column }) => {
    draft.changeColumn(id, column, { default: "none" });
  },
  "add identity": (draft, { id, ref }, { column }, at) => {
    draft.changeColumn(id, column, { default: "identity", notNull: true });
    addSequence(draft, id, `${ref.name}_${column}_seq`, at);
  },
  "add constraint": (draft, { id }, { constraint }, at) => {
    draft.addConstraint(id, constraint, at.place);
  },
  "drop constraint": (draft, { id, constraints }, { constraint }) => {
    const found = constraints.find(({ name }) => name === constraint);
    if (found?.type === "not null") {
      for (const column of found.columns) draft.changeColumn(id, column, { notNull: false });
    }
    draft.dropConstraint(id, constraint);
  },
  "validate constraint": (draft, { id, constraints }, { constraint }) => {
    draft.changeConstraint(id, constraint, { valid: true });
    const found = constraints.find(({ name }) => name === constraint);
    if (found?.type !== "not null") return;
    for (const column of found.columns) draft.changeColumn(id, column, { notNull: true });
  },
  "attach partition": (draft, { id }, { partition, isDefault }) => {
    const child = draft.relation(partition);
    if (child === null || child.ref.kind === "index") return;
    draft.link(id, child.id);
    draft.change(child.id, () => ({ isDefaultPartition: isDefault }));
  },
  "detach partition": (draft, { id }, { partition }) => {
    const child = draft.relation(partition);
    if (child !== null) draft.unlink(id, child.id);
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

/** Commands that reach partitions and inheriting tables too. */
const passedDown = new Set<TableCommand["kind"]>([
  "add column",
  "drop column",
  "alter type",
  "set not null",
  "drop not null",
  "set default",
  "drop default",
  "add constraint",
  "drop constraint",
  "validate constraint",
]);

function alterTable(draft: SchemaDraft, action: ActionOf<"alter table">, at: At): void {
  const table = draft.relation(action.table);
  if (table === null) return;
  const { command, only } = action;
  const fold = commandFolds[command.kind] as CommandFold<typeof command.kind> | undefined;
  const reached = passedDown.has(command.kind) && !only ? draft.family(table) : [table];
  for (const one of reached) fold?.(draft, one, command, at);
}

/** Kinds of object that are relations: they share their names. */
export const relationKinds: ReadonlySet<string> = new Set([
  "table",
  "foreign table",
  "view",
  "materialized view",
  "index",
  "sequence",
]);

function drop(draft: SchemaDraft, { objects, table }: ActionOf<"drop">): void {
  for (const object of objects) {
    if (relationKinds.has(object.kind)) {
      const relation = draft.relation(object);
      if (relation !== null) draft.remove(relation.id);
    } else if (object.kind === "type" || object.kind === "domain") {
      draft.setType(object, null);
    } else if (object.kind === "trigger" && table !== null) {
      const owner = draft.relation(table);
      const name = object.name.slice(table.name.length + 1);
      if (owner === null) continue;
      draft.change(owner.id, ({ triggers }) => ({
        triggers: triggers.filter((one) => one !== name),
      }));
    } else draft.setPlace(object, null);
  }
}

function rename(draft: SchemaDraft, { object, part, to }: ActionOf<"rename">, at: At): void {
  if (part === null && !relationKinds.has(object.kind)) {
    move(draft, object, { ...object, name: to });
    return;
  }
  const relation = draft.relation(object);
  if (relation === null) return;
  if (part === null) {
    draft.rename(relation, { schema: relation.ref.schema, name: to }, at.place);
    return;
  }
  if (part.kind === "constraint") {
    const schema = relation.ref.schema;
    const index = draft.relation({ schema, name: part.name });
    if (index?.table === relation.id) draft.rename(index, { schema, name: to }, at.place);
    draft.changeConstraint(relation.id, part.name, { name: to });
  }
  if (part.kind === "trigger") {
    const swap = (name: string): string => (name === part.name ? to : name);
    draft.change(relation.id, ({ triggers }) => ({ triggers: triggers.map(swap) }));
  }
  if (part.kind === "column") {
    for (const one of draft.family(relation)) renameColumn(draft, one, part.name, to);
  }
}

function renameColumn(draft: SchemaDraft, relation: RelationModel, from: string, to: string): void {
  const swap = (name: string): string => (name === from ? to : name);
  const swapPart = (text: string): string =>
    text.startsWith(`${from} `) ? `${to}${text.slice(from.length)}` : text;
  const columns = [...relation.columns.values()].map((column) => ({
    ...column,
    name: swap(column.name),
  }));
  draft.change(relation.id, ({ constraints }) => ({
    columns: new Map(columns.map((column) => [column.name, column])),
    constraints: constraints.map((one) => ({
      ...one,
      columns: one.columns.map(swap),
      parts: one.parts.map(swapPart),
    })),
  }));
  for (const index of draft.all(relation.indexes)) {
    draft.change(index.id, ({ index: of }) => ({
      index: of === null ? null : { ...of, columns: of.columns.map(swap) },
    }));
  }
}

/** Renames or moves an object that is no relation. */
function move(draft: SchemaDraft, from: ObjectRef, to: ObjectRef): void {
  const type = draft.type(from);
  if (["type", "domain"].includes(from.kind) && type !== null) {
    draft.setType(from, null);
    draft.setType(to, { ...type, ref: to });
  }
  const place = draft.placeOf(from);
  draft.setPlace(from, null);
  if (place !== null) draft.setPlace(to, place);
}

type Fold<K extends Action["kind"]> = (draft: SchemaDraft, action: ActionOf<K>, at: At) => void;

/** Actions that are not here change nothing that the model keeps. */
const folds: { readonly [K in Action["kind"]]?: Fold<K> } = {
  "create table": createTable,
  "alter table": alterTable,
  drop,
  rename,
  "create view": (draft, action, at) => {
    const old = draft.relation(action.view);
    if (old !== null && (action.replace || action.ifNotExists)) {
      draft.setReads(old.id, action.query.reads);
      return;
    }
    const kind = action.materialized ? "materialized view" : "view";
    const surely = at.surely && !action.ifNotExists && !action.replace;
    const view = draft.add(kind, action.view, at.place, surely, { columnsKnown: false });
    draft.setReads(view.id, action.query.reads);
  },
  "create index": (draft, action, at) => {
    const table = draft.relation(action.table);
    if (table === null) return;
    const { name, columns, computed, ifNotExists } = action;
    const taken = name === null ? null : draft.relation({ schema: table.ref.schema, name });
    if (ifNotExists && taken !== null) return;
    draft.addIndex(table.id, name, columns, computed, at.place, at.surely && !ifNotExists);
  },
  "set schema": (draft, { object, schema }, at) => {
    const to = { schema, name: object.name };
    if (!relationKinds.has(object.kind)) {
      move(draft, object, { kind: object.kind, ...to });
      return;
    }
    const relation = draft.relation(object);
    if (relation === null) return;
    draft.rename(relation, to, at.place);
    for (const one of draft.all([...relation.indexes, ...relation.sequences])) {
      draft.rename(one, { schema, name: one.ref.name }, at.place);
    }
  },
  comment: (draft, { object, part, text }, { place }) => {
    const relation = part === null ? draft.relation(object) : null;
    if (relation === null) return;
    draft.change(relation.id, () => ({ comment: text === null ? null : { place, text } }));
  },
  "create type": (draft, { type, form, values, constrained }, { place }) => {
    const ref = { kind: form === "domain" ? "domain" : "type", ...draft.nameForNew(type) };
    draft.setType(ref, { ref, made: place, form, values, constrained });
  },
  "add enum value": (draft, { type, value }) => {
    const model = draft.type(type);
    if (model !== null) draft.setType(type, { ...model, values: [...model.values, value] });
  },
  "rename enum value": (draft, { type, value, to }) => {
    const model = draft.type(type);
    if (model === null) return;
    const values = model.values.map((one) => (one === value ? to : one));
    draft.setType(type, { ...model, values });
  },
  "alter domain": (draft, { domain, command }) => {
    const model = draft.type(domain);
    const constrains = command === "set not null" || command === "add constraint";
    if (model !== null && constrains) draft.setType(domain, { ...model, constrained: true });
  },
  "create on table": (draft, { what, name, table }) => {
    const owner = draft.relation(table);
    if (what !== "trigger" || owner === null) return;
    draft.change(owner.id, ({ triggers }) => ({
      triggers: [...triggers.filter((one) => one !== name), name],
    }));
  },
  "create function": (draft, action, { place }) => {
    const old = draft.placeOf(action.function);
    if (old === null) draft.setPlace(action.function, place);
  },
  "create sequence": (draft, action, at) => {
    if (action.ifNotExists && draft.relation(action.sequence) !== null) return;
    const sequence = draft.add(
      "sequence",
      action.sequence,
      at.place,
      at.surely && !action.ifNotExists,
    );
    own(draft, sequence.id, action.ownedBy);
  },
  "alter sequence": (draft, action) => {
    const sequence = draft.relation(action.sequence);
    if (sequence !== null) own(draft, sequence.id, action.ownedBy);
  },
  create: (draft, { object }, { place }) => {
    draft.setPlace(object, place);
  },
  do: (draft, { actions }, at) => {
    for (const action of actions) applyAction(draft, action, { ...at, surely: false });
  },
  "search path": (draft, { schemas }) => {
    draft.setSearchPath(schemas);
  },
};

function own(
  draft: SchemaDraft,
  sequence: RelationId,
  name: ActionOf<"create sequence">["ownedBy"],
): void {
  const table = name === null ? null : draft.relation(name);
  if (table === null) return;
  draft.change(sequence, () => ({ table: table.id }));
  draft.change(table.id, ({ sequences }) => ({
    sequences: [...sequences.filter((one) => one !== sequence), sequence],
  }));
}

/** Applies one action to a draft. */
export function applyAction(draft: SchemaDraft, action: Action, at: At): void {
  const fold = folds[action.kind] as Fold<typeof action.kind> | undefined;
  fold?.(draft, action, at);
}

/** The statements of a file's segments, in order. */
export const statementsOf = (segments: MigrationFile["segments"]): readonly Statement[] =>
  segments.flatMap(({ statements }) => statements);

function foldFile(model: SchemaModel, file: MigrationFile): SchemaModel {
  const draft = SchemaDraft.over(model, String(file.number));
  for (const { actions, line } of statementsOf(file.segments)) {
    const at = { place: { number: file.number, line }, surely: true };
    for (const action of actions) applyAction(draft, action, at);
  }
  draft.setSearchPath(null);
  return draft;
}

/**
 * The model before each file, in one pass over all of them.
 *
 * @param files  In any order; numbers are unique.
 * @returns      By the migration's number. States share what they have in common.
 */
export function foldModels(files: readonly MigrationFile[]): ReadonlyMap<number, SchemaModel> {
  const models = new Map<number, SchemaModel>();
  let model: SchemaModel = new SchemaModel();
  for (const file of [...files].sort((a, b) => a.number - b.number)) {
    models.set(file.number, model);
    model = foldFile(model, file);
  }
  return models;
}

/** The model before the file with that number: what all files with lower numbers make. */
export function modelBefore(files: readonly MigrationFile[], number: number): SchemaModel {
  return [...files]
    .filter((file) => file.number < number)
    .sort((a, b) => a.number - b.number)
    .reduce<SchemaModel>(foldFile, new SchemaModel());
}

/** The model after all files: what their rollbacks start from when all are applied. */
export function modelAfter(model: SchemaModel, file: MigrationFile): SchemaModel {
  return foldFile(model, file);
}
