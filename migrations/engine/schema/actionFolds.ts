/**
 * What each action makes of the schema model: one row per kind.
 * Does NOT know files (see schemaFold).
 */
import type { ObjectRef } from "../sql/objectName";
import type { ObjectName } from "../sql/objectName";
import type { Action, ActionOf, BlockActions, ColumnName } from "../statements/action";
import { emptyUse, mergeUses } from "../statements/queryUse";
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
    } else if (table !== null) {
      dropPart(draft, table, object.kind, object.name.slice(table.name.length + 1));
    } else forget(draft, object);
  }
}

function forget(draft: SchemaDraft, object: ObjectRef): void {
  draft.setOther(object, null);
  if (["function", "procedure", "routine", "aggregate"].includes(object.kind)) {
    draft.setRoutine(object, null);
  }
  if (object.kind === "operator") draft.setRoutine(operatorName(object), null);
}

/** Operators are kept among the functions, under a name that none has. */
const operatorName = ({ schema, name }: ObjectName): ObjectName => ({
  schema,
  name: `operator ${name}`,
});

/** A trigger, rule or policy. */
function dropPart(draft: SchemaDraft, table: ObjectName, kind: string, name: string): void {
  const owner = draft.relation(table);
  if (owner === null) return;
  draft.change(owner.id, ({ triggers, armed }) =>
    kind === "trigger"
      ? { triggers: triggers.filter((trigger) => trigger.name !== name) }
      : { armed: armed.filter((one) => one.kind !== kind || one.name !== name) },
  );
}

/** A body that calls functions and does nothing else: that of an operator, an aggregate, a cast. */
const callOf = (calls: readonly string[]): BlockActions => ({
  actions: [{ kind: "query", query: { ...emptyUse, unknownFunctions: calls } }],
  statements: [],
  unknown: null,
});

function createView(draft: SchemaDraft, action: ActionOf<"create view">, at: At): void {
  const { view, materialized, replace, ifNotExists, query, base } = action;
  const old = draft.relation(view);
  if (old !== null && ifNotExists) return;
  if (old !== null && replace) {
    draft.setQuery(old.id, query, base);
    return;
  }
  const kind = materialized ? "materialized view" : "view";
  const surely = at.surely && !ifNotExists && !replace;
  const { id } = draft.add(kind, view, at.place, surely, { columnsKnown: false });
  draft.setQuery(id, query, base);
}

function own(draft: SchemaDraft, sequence: RelationId, owner: ColumnName | null): void {
  const table = owner === null ? null : draft.relation(owner);
  if (owner === null || table === null) return;
  draft.change(sequence, () => ({ table: table.id, column: owner.column }));
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
  "create type": (draft, action, { place }) => {
    const { type, form, values, constrained, base, default: kind, calls } = action;
    const ref = { kind: form === "domain" ? "domain" : "type", ...draft.nameForNew(type) };
    draft.setType(ref, { ref, made: place, form, values, constrained, base, default: kind, calls });
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
  "alter domain": (draft, { domain, command, default: kind, calls }) => {
    const model = draft.type(domain);
    if (model === null) return;
    const constrains = command === "set not null" || command === "add constraint";
    const setsDefault = command === "set default" || command === "drop default";
    draft.setType(domain, {
      ...model,
      constrained: model.constrained || constrains,
      default: setsDefault ? kind : model.default,
      calls: [...model.calls, ...calls],
    });
  },
  "create on table": (draft, action) => {
    const { what, name, table, events, instead, query } = action;
    const owner = draft.relation(table);
    if (owner === null) return;
    if (what !== "trigger") {
      const one = { kind: what, name, events, instead, query };
      draft.change(owner.id, ({ armed }) => ({
        armed: [...armed.filter((each) => each.kind !== what || each.name !== name), one],
      }));
      return;
    }
    // A trigger of a partitioned table is one of every partition.
    for (const { id } of owner.partitionKey === null ? [owner] : draft.family(owner)) {
      draft.change(id, ({ triggers }) => ({
        triggers: [
          ...triggers.filter((trigger) => trigger.name !== name),
          { name, function: action.function ?? "", events, instead },
        ],
      }));
    }
  },
  "alter policy": (draft, { name, table, query }) => {
    const owner = draft.relation(table);
    if (owner === null) return;
    // ALTER POLICY leaves what it does not name as it is.
    draft.change(owner.id, ({ armed }) => ({
      armed: armed.map((one) =>
        one.kind === "policy" && one.name === name
          ? { ...one, query: mergeUses([one.query, query]) }
          : one,
      ),
    }));
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
  create: (draft, { object, calls }, { place }) => {
    other(draft, object, place, null);
    if (object.kind === "operator") draft.setRoutine(operatorName(object), callOf(calls));
    if (object.kind === "aggregate") draft.setRoutine(object, callOf(calls));
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
