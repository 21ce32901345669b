/**
 * What each action makes of the schema model: one row per kind.
 * Does NOT know files (see schemaFold).
 */
import type { ObjectRef } from "../sql/objectName";
import type { ObjectName } from "../sql/objectName";
import type { Action, ActionOf } from "../statements/action";
import { rename, setSchema } from "./renameFolds";
import type { SchemaDraft } from "./schemaDraft";
import { type Place, type RelationId, relationKinds } from "./schemaModel";
import { alterTable, type At, createIndex, createTable } from "./tableFolds";

type Fold<K extends Action["kind"]> = (draft: SchemaDraft, action: ActionOf<K>, at: At) => void;

function drop(draft: SchemaDraft, { objects, table }: ActionOf<"drop">): void {
  for (const object of objects) {
    if (relationKinds.has(object.kind)) {
      const relation = draft.relation(object);
      if (relation !== null) draft.remove(relation.id);
    } else if (object.kind === "type" || object.kind === "domain") {
      draft.setType(object, null);
    } else if (object.kind === "trigger" && table !== null) {
      dropTrigger(draft, table, object.name.slice(table.name.length + 1));
    } else forget(draft, object);
  }
}

function forget(draft: SchemaDraft, object: ObjectRef): void {
  draft.setOther(object, null);
  if (["function", "procedure", "routine"].includes(object.kind)) draft.setRoutine(object, null);
}

function dropTrigger(draft: SchemaDraft, table: ObjectName, name: string): void {
  const owner = draft.relation(table);
  if (owner === null) return;
  draft.change(owner.id, ({ triggers }) => ({
    triggers: triggers.filter((trigger) => trigger.name !== name),
  }));
}

function createView(draft: SchemaDraft, action: ActionOf<"create view">, at: At): void {
  const { view, materialized, replace, ifNotExists, query } = action;
  const old = draft.relation(view);
  if (old !== null && ifNotExists) return;
  if (old !== null && replace) {
    draft.setReads(old.id, query.reads);
    return;
  }
  const kind = materialized ? "materialized view" : "view";
  const surely = at.surely && !ifNotExists && !replace;
  const { id } = draft.add(kind, view, at.place, surely, { columnsKnown: false });
  draft.setReads(id, query.reads);
}

function own(draft: SchemaDraft, sequence: RelationId, owner: ObjectName | null): void {
  const table = owner === null ? null : draft.relation(owner);
  if (table === null) return;
  draft.change(sequence, () => ({ table: table.id }));
  draft.change(table.id, ({ sequences }) => ({
    sequences: [...sequences.filter((one) => one !== sequence), sequence],
  }));
}

const other = (
  draft: SchemaDraft,
  object: ObjectRef,
  made: Place,
  table: ObjectName | null,
): void => {
  const id = table === null ? null : (draft.relation(table)?.id ?? null);
  draft.setOther(object, { made: draft.other(object)?.made ?? made, table: id });
};

/** Actions that are not here change nothing that the model keeps. */
const folds: { readonly [K in Action["kind"]]?: Fold<K> } = {
  "create table": createTable,
  "alter table": alterTable,
  "create index": createIndex,
  "create view": createView,
  drop,
  rename,
  "set schema": setSchema,
  comment: (draft, { object, part, text }, { place }) => {
    const relation = part === null ? draft.relation(object) : null;
    if (relation === null) return;
    draft.change(relation.id, () => ({ comment: text === null ? null : { place, text } }));
  },
  "create type": (draft, { type, form, values, constrained, base }, { place }) => {
    const ref = { kind: form === "domain" ? "domain" : "type", ...draft.nameForNew(type) };
    draft.setType(ref, { ref, made: place, form, values, constrained, base });
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
  "create on table": (draft, action) => {
    const { what, name, table } = action;
    const owner = draft.relation(table);
    if (what !== "trigger" || owner === null) return;
    // A trigger of a partitioned table is one of every partition.
    for (const { id } of owner.partitionKey === null ? [owner] : draft.family(owner)) {
      draft.change(id, ({ triggers }) => ({
        triggers: [
          ...triggers.filter((trigger) => trigger.name !== name),
          { name, function: action.function ?? "" },
        ],
      }));
    }
  },
  "create function": (draft, action, { place }) => {
    other(draft, action.function, place, null);
    draft.setRoutine({ ...action.function, ...draft.nameForNew(action.function) }, action.body);
  },
  "create statistics": (draft, { statistics, table }, { place }) => {
    other(draft, { kind: "statistics", ...statistics }, place, table);
  },
  "create sequence": (draft, { sequence, ifNotExists, ownedBy }, { place, surely }) => {
    if (ifNotExists && draft.relation(sequence) !== null) return;
    const { id } = draft.add("sequence", sequence, place, surely && !ifNotExists);
    own(draft, id, ownedBy);
  },
  "alter sequence": (draft, action) => {
    const sequence = draft.relation(action.sequence);
    if (sequence !== null) own(draft, sequence.id, action.ownedBy);
  },
  create: (draft, { object }, { place }) => {
    other(draft, object, place, null);
  },
  do: (draft, { actions }, at) => {
    for (const action of actions) applyAction(draft, action, { ...at, surely: false });
  },
  "search path": (draft, { schemas }) => {
    draft.setSearchPath(schemas);
  },
};

/** Applies one action to a draft. */
export function applyAction(draft: SchemaDraft, action: Action, at: At): void {
  const fold = folds[action.kind] as Fold<typeof action.kind> | undefined;
  fold?.(draft, action, at);
}
