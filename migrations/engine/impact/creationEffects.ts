/**
 * What CREATE locks and reads: tables, views, indexes, and what is put on tables.
 * Does NOT cover objects without a table (see objectEffects).
 */
import type { ActionOf, CreateTable } from "../statements/action";
import { foreignKeyEffect } from "./constraintEffects";
import type { EffectDraft } from "./effectDraft";
import { lockInheritedKeys, lockReferencing, readDefaultPartition } from "./partitionEffects";
import { parsedQueryEffect, queryEffect } from "./queryEffects";

export function createTableEffect(effects: EffectDraft, action: CreateTable): void {
  const { table, ifNotExists, like, inherits, partitionOf, constraints, query, ofType } = action;
  if (ifNotExists && effects.find(table).model !== null) return;
  const kind = action.foreign ? "foreign table" : "table";
  effects.create({ kind, ...effects.model.nameForNew(table) });
  for (const name of like) effects.lock(effects.find(name), "ACCESS SHARE");
  for (const name of inherits) effects.lock(effects.find(name), "SHARE UPDATE EXCLUSIVE");
  if (ofType !== null) effects.lock(effects.find(ofType, "type"), "ACCESS SHARE");
  if (partitionOf !== null) {
    const parent = effects.find(partitionOf);
    effects.assumeAlone(parent);
    effects.lock(parent, "ACCESS EXCLUSIVE");
    if (!action.isDefaultPartition) readDefaultPartition(effects, parent);
    lockInheritedKeys(effects, parent);
    lockReferencing(effects, parent, "SHARE ROW EXCLUSIVE");
  }
  for (const constraint of constraints) {
    if (constraint.type === "foreign key") {
      foreignKeyEffect(effects, [], constraint, "SHARE ROW EXCLUSIVE");
    }
  }
  if (query !== null) queryEffect(effects, query);
}

export function createViewEffect(effects: EffectDraft, action: ActionOf<"create view">): void {
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
  else parsedQueryEffect(effects, query);
}

export function createIndexEffect(effects: EffectDraft, action: ActionOf<"create index">): void {
  const { name, ifNotExists, concurrently, only, calls } = action;
  const table = effects.find(action.table);
  effects.assumeAlone(table, "partitions");
  const mode = concurrently ? "SHARE UPDATE EXCLUSIVE" : "SHARE";
  const { schema } = table.ref;
  if (ifNotExists && name !== null && effects.find({ schema, name }, "index").model !== null) {
    effects.lock(table, mode);
    return;
  }
  effects.create({ kind: "index", schema, name: name ?? `(on ${action.table.name})` });
  const reached = effects.family(table, only);
  effects.lockAll(reached, mode);
  effects.scanAll(reached);
  for (const one of calls) effects.call(one);
}

/** CREATE TRIGGER, RULE and POLICY. */
export function createOnTableEffect(
  effects: EffectDraft,
  action: ActionOf<"create on table">,
): void {
  const table = effects.find(action.table);
  const { schema, name } = table.ref;
  effects.create({ kind: action.what, schema, name: `${name}.${action.name}` });
  if (action.what === "trigger") {
    // Heirs have triggers of their own; partitions get those of their table.
    const isPartitioned = table.model?.partitionKey != null;
    effects.lockAll(isPartitioned ? effects.family(table) : [table], "SHARE ROW EXCLUSIVE");
  } else effects.lock(table, "ACCESS EXCLUSIVE");
  if (action.from !== null) effects.lock(effects.find(action.from), "ACCESS SHARE");
  parsedQueryEffect(effects, action.query);
}
