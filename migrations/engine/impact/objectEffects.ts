/**
 * What every kind of action locks, writes anew and reads: one row per kind.
 * Does NOT judge it. Every row is measured in test/database.
 */
import { relationKinds } from "../schema/schemaModel";
import type { ObjectName } from "../sql/objectName";
import type { Action, ActionOf, RelationKind } from "../statements/action";
import { emptyUse } from "../statements/queryUse";
import {
  createIndexEffect,
  createOnTableEffect,
  createTableEffect,
  createViewEffect,
} from "./creationEffects";
import { dropEffect } from "./dropEffects";
import type { EffectDraft } from "./effectDraft";
import { lockRead, parsedQueryEffect, queryEffect } from "./queryEffects";
import { alterTableEffect } from "./tableEffects";
import {
  clusterEffect,
  refreshEffect,
  reindexEffect,
  truncateEffect,
  vacuumEffect,
} from "./upkeepEffects";

type Row<K extends Action["kind"]> = (effects: EffectDraft, action: ActionOf<K>) => void;

/** RENAME of a table or of a part of it. An index's own name is the exception that lets others work. */
function rename(effects: EffectDraft, { object, part }: ActionOf<"rename">): void {
  if (!relationKinds.has(object.kind)) {
    if (object.kind === "type") effects.lockComposite(object);
    if (part?.kind === "attribute") {
      effects.lockAll(effects.typedTables(object), "ACCESS EXCLUSIVE");
    }
    return;
  }
  const target = effects.find(object, object.kind as RelationKind);
  const isIndex = target.ref.kind === "index" && object.kind === "index";
  const reachesDown = part !== null && ["column", "constraint", "trigger"].includes(part.kind);
  const reached = reachesDown ? effects.family(target) : [target];
  effects.lockAll(reached, isIndex ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE");
}

function setSchema(effects: EffectDraft, { object }: ActionOf<"set schema">): void {
  if (!relationKinds.has(object.kind)) return;
  const target = effects.find(object, object.kind as RelationKind);
  effects.lockAll([target, ...effects.all(target.model?.sequences ?? [])], "ACCESS EXCLUSIVE");
}

function comment(effects: EffectDraft, { object, part }: ActionOf<"comment">): void {
  if (!relationKinds.has(object.kind)) return;
  const target = effects.find(object, object.kind as RelationKind);
  const isOnPart = part !== null && part.kind !== "column";
  effects.lock(target, isOnPart ? "ACCESS SHARE" : "SHARE UPDATE EXCLUSIVE");
}

function alterDomain(effects: EffectDraft, action: ActionOf<"alter domain">): void {
  const { domain, command, valid } = action;
  const checks =
    command === "set not null" ||
    command === "validate constraint" ||
    (command === "add constraint" && valid);
  if (!checks) return;
  const tables = effects.tablesWith(domain);
  effects.lockAll(tables, "SHARE");
  effects.scanAll(tables);
  effects.assume(
    `every table with a column of domain ${domain.name} is read, also where no file says so`,
  );
}

const create =
  (kind: string) =>
  (effects: EffectDraft, name: ObjectName): void => {
    effects.create({ kind, ...effects.model.nameForNew(name) });
  };

const rows: { readonly [K in Action["kind"]]: Row<K> } = {
  "create table": createTableEffect,
  "alter table": alterTableEffect,
  "create view": createViewEffect,
  "create index": createIndexEffect,
  "create on table": createOnTableEffect,
  refresh: refreshEffect,
  reindex: reindexEffect,
  drop: dropEffect,
  rename,
  "set schema": setSchema,
  "set owner": (effects, { object }) => {
    if (object.kind === "type") effects.lockComposite(object);
  },
  comment,
  "create type": (effects, { type, form }) => {
    create(form === "domain" ? "domain" : "type")(effects, type);
  },
  "add enum value": (effects) => {
    effects.cannotUndo();
  },
  "rename enum value": () => undefined,
  "alter domain": alterDomain,
  "alter policy": (effects, { table }) => {
    effects.lock(effects.find(table), "ACCESS EXCLUSIVE");
  },
  "create function": (effects, action) => {
    const isReplaced = action.replace && effects.model.other(action.function) !== null;
    if (!isReplaced) effects.create(action.function);
    parsedQueryEffect(effects, action.query);
  },
  "create sequence": (effects, { sequence, ownedBy }) => {
    create("sequence")(effects, sequence);
    if (ownedBy !== null) effects.lock(effects.find(ownedBy), "ACCESS SHARE");
  },
  "alter sequence": (effects, { sequence, ownedBy, restarts }) => {
    effects.lock(effects.find(sequence, "sequence"), "SHARE ROW EXCLUSIVE");
    if (restarts) effects.reset(effects.find(sequence, "sequence"));
    if (ownedBy !== null) effects.lock(effects.find(ownedBy), "ACCESS SHARE");
  },
  "create statistics": (effects, { statistics, table }) => {
    create("statistics")(effects, statistics);
    if (table !== null) effects.lock(effects.find(table), "SHARE UPDATE EXCLUSIVE");
  },
  create: (effects, { object }) => {
    effects.create(object);
  },
  publication: (effects, { name, creates, tables }) => {
    if (creates) effects.create({ kind: "publication", schema: null, name });
    for (const table of tables) effects.lock(effects.find(table), "SHARE UPDATE EXCLUSIVE");
  },
  truncate: truncateEffect,
  query: (effects, { query }) => {
    queryEffect(effects, query);
  },
  copy: (effects, { table, from }) => {
    const row = { table, filtered: true, updatesOnConflict: false, listed: true, columns: [] };
    if (from) queryEffect(effects, { ...emptyUse, writes: [{ verb: "insert", ...row }] });
    else lockRead(effects, table, "ACCESS SHARE");
  },
  vacuum: vacuumEffect,
  analyze: vacuumEffect,
  cluster: clusterEffect,
  lock: (effects, { tables, mode }) => {
    for (const { name, only } of tables) {
      const target = effects.find(name);
      effects.lockAll(effects.family(target, only), mode);
      if (target.ref.kind === "view") lockRead(effects, name, mode);
    }
  },
  call: (effects, { procedure }) => {
    effects.call(procedure);
  },
  do: (effects, { unknown }) => {
    if (unknown !== null) effects.noteUnknown(unknown);
  },
  "search path": () => undefined,
  privileges: (effects, { tables }) => {
    for (const table of tables) effects.lock(effects.find(table), "ACCESS SHARE");
  },
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
