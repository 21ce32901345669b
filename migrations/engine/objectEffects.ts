/**
 * What every statement but ALTER TABLE and queries locks, writes anew and reads: one row per kind of action.
 * Does NOT judge it. Every row is measured in test/database.
 */
import type { Action, ActionOf, CreateTable } from "./action";
import { dropEffect } from "./dropEffects";
import type { LockMode } from "./effect";
import type { EffectDraft, Target } from "./effectDraft";
import { lockInheritedKeys, readDefaultPartition } from "./partitionEffects";
import { lockRead, parsedQueryEffect, queryEffect } from "./queryEffects";
import { relationKinds } from "./schemaFold";
import { alterTableEffect, foreignKeyEffect } from "./tableEffects";

type Row<K extends Action["kind"]> = (effects: EffectDraft, action: ActionOf<K>) => void;

const lockAll = (effects: EffectDraft, targets: readonly Target[], mode: LockMode): void => {
  for (const target of targets) effects.lock(target, mode);
};

function createTable(effects: EffectDraft, action: CreateTable): void {
  const { table, ifNotExists, like, inherits, partitionOf, constraints, query } = action;
  const present = effects.find(table);
  if (ifNotExists && present.model !== null) return;
  const kind = action.foreign ? "foreign table" : "table";
  effects.create({ kind, ...effects.model.nameForNew(table) });
  for (const name of like) effects.lock(effects.find(name), "ACCESS SHARE");
  for (const name of inherits) effects.lock(effects.find(name), "SHARE UPDATE EXCLUSIVE");
  if (partitionOf !== null) {
    const parent = effects.find(partitionOf);
    effects.assumeAlone(parent);
    effects.lock(parent, "ACCESS EXCLUSIVE");
    if (!action.isDefaultPartition) readDefaultPartition(effects, parent);
    lockInheritedKeys(effects, parent);
  }
  for (const constraint of constraints) {
    if (constraint.type === "foreign key") {
      foreignKeyEffect(effects, [], constraint, "SHARE ROW EXCLUSIVE", false);
    }
  }
  if (query !== null) queryEffect(effects, query);
}

function createView(effects: EffectDraft, action: ActionOf<"create view">): void {
  const { view, materialized, replace, ifNotExists, query } = action;
  const kind = materialized ? "materialized view" : "view";
  const present = effects.find(view, kind);
  if (present.model !== null && ifNotExists) return;
  if (present.model !== null && replace) effects.lock(present, "ACCESS EXCLUSIVE");
  else effects.create({ kind, ...effects.model.nameForNew(view) });
  if (replace && present.model === null) {
    effects.assume(`if the view ${view.name} is there already, it is locked ACCESS EXCLUSIVE`);
  }
  if (materialized) queryEffect(effects, query);
  else parsedQueryEffect(effects, query.reads);
}

function createIndex(effects: EffectDraft, action: ActionOf<"create index">): void {
  const table = effects.find(action.table);
  effects.assumeAlone(table, "partitions");
  const name = action.name ?? `on ${action.table.name}`;
  effects.create({ kind: "index", schema: table.ref.schema, name });
  for (const target of effects.family(table, action.only)) {
    effects.lock(target, action.concurrently ? "SHARE UPDATE EXCLUSIVE" : "SHARE");
    effects.scan(target);
  }
  // Functions in an index must be immutable, but their bodies run for every row.
  if (action.unknownFunctions.length > 0) {
    effects.noteUnknown(`what ${action.unknownFunctions.join(", ")} does is not looked at`);
  }
}

function reindex(effects: EffectDraft, action: ActionOf<"reindex">): void {
  const { what, target, concurrently } = action;
  const mode = concurrently ? "SHARE UPDATE EXCLUSIVE" : "SHARE";
  if (target === null || (what !== "index" && what !== "table")) {
    effects.noteUnknown(`it rebuilds the indexes of every table of the ${what}`);
    return;
  }
  const named = effects.find(target, what);
  if (what === "table") {
    effects.assumeAlone(named, "indexes and partitions");
    for (const table of effects.family(named)) {
      effects.lock(table, mode);
      effects.scan(table);
      for (const index of effects.all(table.model?.indexes ?? []))
        rebuild(effects, index, concurrently);
    }
    return;
  }
  rebuild(effects, named, concurrently);
  const tables = effects.all(named.model?.table == null ? [] : [named.model.table]);
  if (tables.length === 0) {
    effects.assume(`no file makes the index ${target.name}: its table is locked as well, ${mode}`);
  }
  for (const table of tables) {
    effects.lock(table, mode);
    effects.scan(table);
  }
}

function rebuild(effects: EffectDraft, index: Target, concurrently: boolean): void {
  effects.lock(index, concurrently ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE");
  effects.rewrite(index);
}

/** RENAME of a table or of a part of it. An index's own name is the exception that lets others work. */
function rename(effects: EffectDraft, { object, part }: ActionOf<"rename">): void {
  if (!relationKinds.has(object.kind)) {
    if (object.kind === "type" && part?.kind === "attribute") {
      effects.lock(effects.find(object, "type"), "ACCESS EXCLUSIVE");
    }
    return;
  }
  const target = effects.find(object, object.kind as "table");
  const isIndex = target.ref.kind === "index" && object.kind === "index";
  const reached =
    part?.kind === "column" || part?.kind === "constraint" || part?.kind === "trigger"
      ? effects.family(target)
      : [target];
  lockAll(effects, reached, isIndex ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE");
}

function setSchema(effects: EffectDraft, { object }: ActionOf<"set schema">): void {
  if (!relationKinds.has(object.kind)) return;
  const target = effects.find(object, object.kind as "table");
  const owned = [...(target.model?.sequences ?? [])];
  lockAll(effects, [target, ...effects.all(owned)], "ACCESS EXCLUSIVE");
}

function comment(effects: EffectDraft, { object, part }: ActionOf<"comment">): void {
  if (!relationKinds.has(object.kind)) return;
  const target = effects.find(object, object.kind as "table");
  const weak = part !== null && part.kind !== "column";
  effects.lock(target, weak ? "ACCESS SHARE" : "SHARE UPDATE EXCLUSIVE");
}

function alterDomain(effects: EffectDraft, action: ActionOf<"alter domain">): void {
  const { domain, command, valid } = action;
  const checks =
    command === "set not null" ||
    command === "validate constraint" ||
    (command === "add constraint" && valid);
  if (!checks) return;
  const isIt = (type: { schema: string | null; name: string }): boolean =>
    type.name === domain.name && (type.schema === domain.schema || type.schema === null);
  const tables = effects.model
    .relations()
    .filter(({ columns }) => [...columns.values()].some(({ type }) => isIt(type)));
  for (const { ref, ...model } of tables) {
    const target = { ref, model: { ref, ...model } };
    effects.lock(target, "SHARE");
    effects.scan(target);
  }
  effects.assume(
    `every table with a column of domain ${domain.name} is read, also where no file says so`,
  );
}

function createOnTable(effects: EffectDraft, action: ActionOf<"create on table">): void {
  const table = effects.find(action.table);
  const { schema, name } = table.ref;
  effects.create({ kind: action.what, schema, name: `${name}.${action.name}` });
  if (action.what === "trigger") lockAll(effects, effects.family(table), "SHARE ROW EXCLUSIVE");
  else effects.lock(table, "ACCESS EXCLUSIVE");
  const isTrigger = action.what === "trigger";
  for (const read of action.reads) {
    effects.lock(effects.find(read), isTrigger ? "SHARE ROW EXCLUSIVE" : "ACCESS SHARE");
  }
}

function truncate(effects: EffectDraft, { tables, cascade }: ActionOf<"truncate">): void {
  const open = tables.flatMap(({ name, only }) => effects.family(effects.find(name), only));
  const seen = new Set<string>();
  for (let target = open.pop(); target !== undefined; target = open.pop()) {
    const { model } = target;
    if (model !== null && seen.has(model.id)) continue;
    if (model !== null) seen.add(model.id);
    effects.lock(target, "ACCESS EXCLUSIVE");
    effects.rewrite(target);
    effects.loseData(target, true);
    effects.assumeAlone(target);
    if (cascade) {
      for (const one of effects.all(model?.referencedBy ?? [])) open.push(...effects.family(one));
    }
  }
}

function vacuum(effects: EffectDraft, { tables, full, kind }: ActionOf<"vacuum">): void {
  if (tables.length === 0) effects.noteUnknown(`it works on every table of the database`);
  for (const target of tables.flatMap((name) => effects.family(effects.find(name)))) {
    effects.lock(target, full ? "ACCESS EXCLUSIVE" : "SHARE UPDATE EXCLUSIVE");
    if (full) effects.rewrite(target);
    else if (kind === "vacuum") effects.scan(target);
  }
}

const rows: { readonly [K in Action["kind"]]: Row<K> } = {
  "create table": createTable,
  "alter table": alterTableEffect,
  "create view": createView,
  refresh: (effects, { view, concurrently }) => {
    const target = effects.find(view, "materialized view");
    effects.lock(target, concurrently ? "EXCLUSIVE" : "ACCESS EXCLUSIVE");
    if (!concurrently) effects.rewrite(target);
    else effects.scan(target);
    for (const { ref } of effects.all(target.model?.reads ?? []))
      lockRead(effects, ref, "ACCESS SHARE");
    if (target.model === null)
      effects.assume(`no file makes ${view.name}, so what it reads is not known`);
  },
  "create index": createIndex,
  reindex,
  drop: dropEffect,
  rename,
  "set schema": setSchema,
  "set owner": () => undefined,
  comment,
  "create type": (effects, { type, form }) => {
    const kind = form === "domain" ? "domain" : "type";
    effects.create({ kind, ...effects.model.nameForNew(type) });
  },
  "add enum value": (effects) => {
    effects.cannotUndo();
  },
  "rename enum value": () => undefined,
  "alter domain": alterDomain,
  "create on table": createOnTable,
  "alter policy": (effects, { table }) => {
    effects.lock(effects.find(table), "ACCESS EXCLUSIVE");
  },
  "create function": (effects, action) => {
    if (!action.replace || effects.model.placeOf(action.function) === null) {
      effects.create(action.function);
    }
    parsedQueryEffect(effects, action.reads);
  },
  "create sequence": (effects, { sequence, ownedBy }) => {
    effects.create({ kind: "sequence", ...effects.model.nameForNew(sequence) });
    if (ownedBy !== null) effects.lock(effects.find(ownedBy), "ACCESS SHARE");
  },
  "alter sequence": (effects, { sequence, ownedBy }) => {
    effects.lock(effects.find(sequence, "sequence"), "SHARE ROW EXCLUSIVE");
    if (ownedBy !== null) effects.lock(effects.find(ownedBy), "ACCESS SHARE");
  },
  "create statistics": (effects, { statistics, table }) => {
    effects.create({ kind: "statistics", ...statistics });
    if (table !== null) effects.lock(effects.find(table), "SHARE UPDATE EXCLUSIVE");
  },
  create: (effects, { object }) => {
    effects.create(object);
  },
  truncate,
  query: (effects, { query }) => {
    queryEffect(effects, query);
  },
  copy: (effects, { table, from }) => {
    if (!from) lockRead(effects, table, "ACCESS SHARE");
    else {
      const verb = {
        verb: "insert",
        table,
        filtered: true,
        updatesOnConflict: false,
        columns: [],
      } as const;
      queryEffect(effects, { reads: [], locksRows: [], writes: [verb], unknownFunctions: [] });
    }
  },
  vacuum,
  analyze: vacuum,
  cluster: (effects, { table }) => {
    if (table === null) {
      effects.noteUnknown("it works on every table that was clustered before");
      return;
    }
    for (const target of effects.family(effects.find(table))) {
      effects.lock(target, "ACCESS EXCLUSIVE");
      effects.rewrite(target);
    }
  },
  lock: (effects, { tables, mode }) => {
    for (const { name, only } of tables) {
      const target = effects.find(name);
      lockAll(effects, effects.family(target, only), mode);
      if (target.ref.kind === "view") lockRead(effects, name, mode);
    }
  },
  call: (effects, { procedure }) => {
    effects.noteUnknown(`what the procedure ${procedure} does is not looked at`);
  },
  do: (effects, { unknown }) => {
    if (unknown !== null) effects.noteUnknown(unknown);
  },
  "search path": () => undefined,
  privileges: () => undefined,
  session: () => undefined,
  unknown: (effects, { reason }) => {
    effects.noteUnknown(reason);
  },
};

/** Adds what one action does. The actions inside DO are the caller's to add. */
export function actionEffect(effects: EffectDraft, action: Action): void {
  const row = rows[action.kind] as Row<typeof action.kind>;
  row(effects, action);
}
