/**
 * What DROP locks: the object, its table, and the tables at the other ends of foreign keys.
 * Does NOT know what CASCADE takes beyond what the files made.
 */
import type { ActionOf } from "./action";
import type { ObjectRef } from "./effect";
import type { EffectDraft, Target } from "./effectDraft";

/** DROP TABLE drops foreign keys with their triggers on both tables. */
function dropTable(effects: EffectDraft, target: Target, cascade: boolean): void {
  for (const one of effects.family(target)) {
    effects.lock(one, "ACCESS EXCLUSIVE");
    effects.dropRelation(one);
    effects.loseData(one, true);
    const { model } = one;
    const others = (model?.constraints ?? []).flatMap(({ target: other }) => other ?? []);
    for (const other of effects.all(others).flatMap((each) => effects.family(each))) {
      effects.lock(other, "ACCESS EXCLUSIVE");
    }
    for (const parent of effects.all(model?.parents ?? []))
      effects.lock(parent, parentMode(parent));
    for (const sequence of effects.all(model?.sequences ?? [])) {
      effects.lock(sequence, "ACCESS EXCLUSIVE");
    }
    if (cascade) {
      for (const other of effects.all([...(model?.referencedBy ?? []), ...(model?.readBy ?? [])])) {
        effects.lock(other, "ACCESS EXCLUSIVE");
      }
    }
  }
  effects.assumeAlone(target);
}

/** A partition leaves its table, whose plans all change; an heir does not. */
const parentMode = ({ model }: Target): "ACCESS EXCLUSIVE" | "SHARE UPDATE EXCLUSIVE" =>
  model?.partitionKey == null ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE";

function dropIndex(effects: EffectDraft, index: Target, concurrently: boolean): void {
  const mode = concurrently ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE";
  effects.lock(index, mode);
  effects.dropRelation(index);
  const tables = effects.all(index.model?.table == null ? [] : [index.model.table]);
  if (tables.length === 0) {
    effects.assume(
      `no file makes the index ${index.ref.name}: its table is locked as well, ${mode}`,
    );
  }
  for (const table of tables) effects.lock(table, mode);
}

function dropRelation(effects: EffectDraft, object: ObjectRef, action: ActionOf<"drop">): void {
  const target = effects.find(object, object.kind as "table");
  if (target.model === null && action.ifExists && effects.model.isGone(object)) return;
  if (object.kind === "index") {
    dropIndex(effects, target, action.concurrently);
    return;
  }
  if (object.kind === "table" || object.kind === "foreign table") {
    dropTable(effects, target, action.cascade);
    return;
  }
  effects.lock(target, "ACCESS EXCLUSIVE");
  effects.dropRelation(target);
  if (object.kind === "sequence") effects.loseData(target, false);
  if (action.cascade) {
    for (const view of effects.all(target.model?.readBy ?? []))
      effects.lock(view, "ACCESS EXCLUSIVE");
  }
}

const relations = new Set([
  "table",
  "foreign table",
  "view",
  "materialized view",
  "index",
  "sequence",
]);
/** Kinds whose CASCADE takes columns, and so values. */
const valueKinds = new Set(["type", "domain", "extension", "schema"]);

export function dropEffect(effects: EffectDraft, action: ActionOf<"drop">): void {
  const { objects, table, cascade } = action;
  for (const object of objects) {
    if (relations.has(object.kind)) dropRelation(effects, object, action);
    else if (table !== null) {
      const owner = effects.find(table);
      const reached = object.kind === "trigger" ? effects.family(owner) : [owner];
      for (const target of reached) effects.lock(target, "ACCESS EXCLUSIVE");
      effects.drop(object, true);
    } else {
      effects.dropOther(object);
      if (cascade && valueKinds.has(object.kind)) {
        effects.loseData({ ref: object, model: null }, true);
      }
    }
  }
  if (cascade) {
    const what = objects.map(({ name }) => name).join(", ");
    effects.assume(`CASCADE drops what depends on ${what}, which may be more than the files say`);
  }
}
