/**
 * What each operation makes of the schema model: one row per kind.
 * Does NOT know files (see schemaReplay).
 */
import { isRelation, type ObjectName, type ObjectRef } from "../sql/objectName";
import type { BlockOperations, ColumnName, Operation, OperationOf } from "../statements/operation";
import { emptyUse, mergeUses } from "../statements/queryUse";
import { rename, setSchema } from "./renameReplay";
import type { SchemaBuilder } from "./schemaBuilder";
import { type RelationId, type SourceLine } from "./schemaModel";
import { alterTable, type At, createIndex, createTable } from "./tableReplay";

type Replay<K extends Operation["kind"]> = (
  builder: SchemaBuilder,
  operation: OperationOf<K>,
  at: At,
) => void;

function drop(builder: SchemaBuilder, { objects, table }: OperationOf<"drop">): void {
  for (const object of objects) {
    if (isRelation(object.kind)) {
      const relation = builder.relation(object);
      if (relation !== null) builder.remove(relation.id);
    } else if (object.kind === "type" || object.kind === "domain") {
      builder.setType(object, null);
    } else if (table !== null) {
      dropPart(builder, table, object.kind, object.name.slice(table.name.length + 1));
    } else forget(builder, object);
  }
}

function forget(builder: SchemaBuilder, object: ObjectRef): void {
  builder.setOther(object, null);
  if (["function", "procedure", "routine", "aggregate"].includes(object.kind)) {
    builder.setRoutine(object, null);
  }
  if (object.kind === "operator") builder.setRoutine(operatorName(object), null);
}

/** Operators are kept among the functions, under a name that none has. */
const operatorName = ({ schema, name }: ObjectName): ObjectName => ({
  schema,
  name: `operator ${name}`,
});

/** A trigger, rule or policy. */
function dropPart(builder: SchemaBuilder, table: ObjectName, kind: string, name: string): void {
  const owner = builder.relation(table);
  if (owner === null) return;
  builder.change(owner.id, ({ triggers, armed }) =>
    kind === "trigger"
      ? { triggers: triggers.filter((trigger) => trigger.name !== name) }
      : { armed: armed.filter((one) => one.kind !== kind || one.name !== name) },
  );
}

/** A body that calls functions and does nothing else: that of an operator, an aggregate, a cast. */
const callOf = (calls: readonly string[]): BlockOperations => ({
  operations: [{ kind: "query", query: { ...emptyUse, unknownFunctions: calls } }],
  statements: [],
  givesNull: false,
  unknown: null,
});

function createView(builder: SchemaBuilder, operation: OperationOf<"create view">, at: At): void {
  const { view, materialized, replace, ifNotExists, query, base } = operation;
  const old = builder.relation(view);
  if (old !== null && ifNotExists) return;
  if (old !== null && replace) {
    builder.setQuery(old.id, query, base);
    return;
  }
  const kind = materialized ? "materialized view" : "view";
  const surely = at.surely && !ifNotExists && !replace;
  const { id } = builder.add(kind, view, at.place, surely, { columnsKnown: false });
  builder.setQuery(id, query, base);
}

function setOwnerOf(builder: SchemaBuilder, sequence: RelationId, owner: ColumnName | null): void {
  const table = owner === null ? null : builder.relation(owner);
  if (owner === null || table === null) return;
  builder.change(sequence, () => ({ table: table.id, column: owner.column }));
  builder.change(table.id, ({ sequences }) => ({
    sequences: [...sequences.filter((one) => one !== sequence), sequence],
  }));
}

const addOther = (
  builder: SchemaBuilder,
  object: ObjectRef,
  made: SourceLine,
  table: ObjectName | null,
  calls: readonly string[] = [],
): void => {
  const id = table === null ? null : (builder.relation(table)?.id ?? null);
  builder.setOther(object, { made: builder.other(object)?.made ?? made, table: id, calls });
};

/** It changes nothing that the model keeps. */
const none = (): void => undefined;

const replays: { readonly [K in Operation["kind"]]: Replay<K> } = {
  "create table": createTable,
  "alter table": alterTable,
  "create index": createIndex,
  "create view": createView,
  drop,
  rename,
  "set schema": setSchema,
  comment: (builder, { object, part, text }, { place }) => {
    const relation = part === null ? builder.relation(object) : null;
    if (relation === null) return;
    builder.change(relation.id, () => ({ comment: text === null ? null : { place, text } }));
  },
  "create type": (builder, operation, { place }) => {
    const { type, form, values, constrained, base, default: kind, calls } = operation;
    const ref = { kind: form === "domain" ? "domain" : "type", ...builder.nameForNew(type) };
    builder.setType(ref, {
      ref,
      made: place,
      form,
      values,
      constrained,
      base,
      default: kind,
      calls,
    });
  },
  "add enum value": (builder, { type, value }) => {
    const model = builder.type(type);
    if (model !== null) builder.setType(type, { ...model, values: [...model.values, value] });
  },
  "rename enum value": (builder, { type, value, to }) => {
    const model = builder.type(type);
    if (model === null) return;
    const values = model.values.map((one) => (one === value ? to : one));
    builder.setType(type, { ...model, values });
  },
  "alter domain": (builder, { domain, command, default: kind, calls }) => {
    const model = builder.type(domain);
    if (model === null) return;
    const constrains = command === "set not null" || command === "add constraint";
    const setsDefault = command === "set default" || command === "drop default";
    builder.setType(domain, {
      ...model,
      constrained: model.constrained || constrains,
      default: setsDefault ? kind : model.default,
      calls: [...model.calls, ...calls],
    });
  },
  "create on table": (builder, operation) => {
    const { what, name, table, events, instead, query } = operation;
    const owner = builder.relation(table);
    if (owner === null) return;
    if (what !== "trigger") {
      const one = { kind: what, name, events, instead, query };
      builder.change(owner.id, ({ armed }) => ({
        armed: [...armed.filter((each) => each.kind !== what || each.name !== name), one],
      }));
      return;
    }
    // A trigger of a partitioned table is one of every partition.
    for (const { id } of owner.partitionKey === null ? [owner] : builder.family(owner)) {
      builder.change(id, ({ triggers }) => ({
        triggers: [
          ...triggers.filter((trigger) => trigger.name !== name),
          {
            name,
            function: operation.function ?? "",
            events,
            instead,
            filtered: operation.filtered,
            calls: [...query.unknownFunctions, ...query.shadowable],
          },
        ],
      }));
    }
  },
  "alter policy": (builder, { name, table, query }) => {
    const owner = builder.relation(table);
    if (owner === null) return;
    // ALTER POLICY leaves what it does not name as it is.
    builder.change(owner.id, ({ armed }) => ({
      armed: armed.map((one) =>
        one.kind === "policy" && one.name === name
          ? { ...one, query: mergeUses([one.query, query]) }
          : one,
      ),
    }));
  },
  "create function": (builder, operation, { place }) => {
    addOther(builder, operation.function, place, null);
    builder.setRoutine(
      { ...operation.function, ...builder.nameForNew(operation.function) },
      operation.body,
    );
  },
  "create statistics": (builder, { statistics, table, calls }, { place }) => {
    addOther(builder, { kind: "statistics", ...statistics }, place, table, calls);
  },
  "create sequence": (builder, { sequence, ifNotExists, ownedBy }, { place, surely }) => {
    if (ifNotExists && builder.relation(sequence) !== null) return;
    const { id } = builder.add("sequence", sequence, place, surely && !ifNotExists);
    setOwnerOf(builder, id, ownedBy);
  },
  "alter sequence": (builder, operation) => {
    const sequence = builder.relation(operation.sequence);
    if (sequence !== null) setOwnerOf(builder, sequence.id, operation.ownedBy);
  },
  create: (builder, { object, calls }, { place }) => {
    addOther(builder, object, place, null);
    if (object.kind === "operator") builder.setRoutine(operatorName(object), callOf(calls));
    if (object.kind === "aggregate") builder.setRoutine(object, callOf(calls));
  },
  do: (builder, { operations }, at) => {
    for (const operation of operations)
      applyOperation(builder, operation, { ...at, surely: false });
  },
  "search path": (builder, { schemas }) => {
    builder.setSearchPath(schemas);
  },
  refresh: none,
  reindex: none,
  "set owner": none,
  truncate: none,
  query: none,
  copy: none,
  vacuum: none,
  analyze: none,
  cluster: none,
  lock: none,
  call: none,
  publication: none,
  privileges: none,
  session: none,
  unknown: none,
};

/** Applies one operation to a builder. */
export function applyOperation(builder: SchemaBuilder, operation: Operation, at: At): void {
  const replay = replays[operation.kind] as Replay<typeof operation.kind>;
  replay(builder, operation, at);
}
